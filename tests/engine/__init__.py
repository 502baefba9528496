"""The engine's rules, as tables and invariants."""
