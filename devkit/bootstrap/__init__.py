"""Prepare a machine: uv, Python, packages, brokers and a browser.

Runs on the machine's own Python (3.11 or newer), before anything is installed.
"""
