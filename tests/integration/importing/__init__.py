"""The old system's configuration, and the hub's own, taken over in a running Home Assistant."""
