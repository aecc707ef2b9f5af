"""The instrument without a window: MIDI and OSC play it."""
