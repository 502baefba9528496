"""Fetching: pictures that are asked of a camera."""
