"""Detectors: what finds people and things in a picture."""
