"""The integration's mark, and how its pictures are made."""
