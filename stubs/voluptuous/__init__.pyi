# Home Assistant puts probatio in voluptuous's place when it starts; this tells mypy so.
from probatio import *  # noqa: F403 - all of it is what is meant
