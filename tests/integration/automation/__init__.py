"""Automations that are built on the hub."""
