"""Links against real brokers."""
