"""Configuration that comes from outside: that of the system this one replaces, and our own as YAML.

Nothing here changes anything: what would change becomes a plan, which people see before its events are posted.
"""
