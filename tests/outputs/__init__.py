"""What commands become: messages to brokers, and actions of Home Assistant."""
