"""Telling people (behaviour.md, 5): what there is to tell, through which channels it goes, and in which words. Pure."""
