"""Trainings that the instrument starts and watches: folders, logs and processes. No Qt, no torch, no thread."""
