"""Parameters, patches and presets: no Qt, no devices."""
