"""What people write to the hub, and say to it: read and answered in their language. Pure."""
