"""The ledger: one SQLite file that knows every picture, and what is still to be done with it."""
