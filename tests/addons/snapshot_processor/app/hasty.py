"""The app as it is, but for pauses that no test can wait for.

``python -m ...hasty '{"module.CONSTANT": seconds}' --options ...``: everything behind the first word is the app's.
"""

from importlib import import_module
import json
import runpy
import sys


def main() -> None:
    """Shorten what is named, and run the app."""
    pauses: dict[str, float] = json.loads(sys.argv.pop(1))
    for name, seconds in pauses.items():
        module, _, constant = name.rpartition(".")
        loaded = import_module(module)
        # A name that the app no longer has would leave the pause as long as it is.
        getattr(loaded, constant)
        setattr(loaded, constant, seconds)
    runpy.run_module("snapshot_processor", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
