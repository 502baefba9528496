"""The apps as Home Assistant builds them: staged, built into images, and run."""
