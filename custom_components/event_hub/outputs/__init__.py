"""Outputs layer: carries the engine's commands out and says what became of them."""
