"""The Raspberry Pi bridge: loops on analogue inputs, relays on port expanders."""
