"""The engine's one entrance: an event in, a transition out."""
