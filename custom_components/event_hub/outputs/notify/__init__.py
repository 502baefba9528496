"""Carries one message out over a channel, through Home Assistant's own actions, and says how that went."""
