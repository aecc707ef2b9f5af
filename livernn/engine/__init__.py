"""The sound server: a process of its own, the only place that opens audio devices."""
