"""Configuration from outside: what is read, what is planned, and what the engine makes of it."""
