"""Drivers of the converters and of the port expander, over any bus of ``remote_monitor.bus``."""
