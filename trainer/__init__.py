"""Makes checkpoints for livernn from a folder of audio."""
