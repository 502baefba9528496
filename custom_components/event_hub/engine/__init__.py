"""Engine layer: what the hub decides. ``step`` is pure: no input, no output, no clock."""
