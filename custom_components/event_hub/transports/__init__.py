"""Transports layer: bytes in and out of the brokers, reconnecting, and adopted entities as reports."""
