"""Wire layer: bytes to frozen messages and back, one module a dialect. Pure."""
