"""The whole system: real brokers, a real Home Assistant, and devices in a process of their own."""
