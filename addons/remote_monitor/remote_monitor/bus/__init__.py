"""The I2C bus: the real one, and one that is simulated register by register."""
