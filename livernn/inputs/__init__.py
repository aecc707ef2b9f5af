"""What comes in from controllers: the only place that imports rtmidi and python-osc."""
