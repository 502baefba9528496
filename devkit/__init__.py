"""What developers and tests use to run the whole system; nothing here ships."""
