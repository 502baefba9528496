"""The alarm's desk through a hub that runs, and its journal on a real disk."""
