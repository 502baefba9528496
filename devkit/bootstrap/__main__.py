"""`scripts/setup`: the Python environment, and with `--programs` what the end-to-end tests need besides."""

import argparse
import sys

from .programs import ensure_programs
from .shell import SetupError, say
from .venv import ensure_environment

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""


def main() -> int:
    """Set up and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/setup", description=__doc__)
    parser.add_argument("--programs", action="store_true", help="install brokers and a browser where they are missing")
    wanted = parser.parse_args()
    try:
        ensure_environment()
        if wanted.programs:
            ensure_programs()
    except SetupError as error:
        say(f"\nSet-up stopped. {error}")
        return 1
    except KeyboardInterrupt:
        say("\nSet-up interrupted. Run it again: what is complete is not done twice.")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
