"""What outlives a restart: the registry, the statuses, and the activity log."""
