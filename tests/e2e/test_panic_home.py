"""A home whose set-up fails half-way leaves nothing running."""

from pathlib import Path

import pytest

from . import panic_home
from .panic_home import PanicHome
from .telling_home import TellingHome


@pytest.mark.usefixtures("socket_enabled")
def test_what_was_started_ends_where_the_rest_cannot_be_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = {"Home Assistant"}

    def start(home: PanicHome) -> PanicHome:
        home._stack.callback(running.clear)
        return home

    def fail(*_: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(TellingHome, "__enter__", start)
    monkeypatch.setattr(panic_home, "Devices", fail)
    with pytest.raises(ConnectionError, match="no broker"), PanicHome(tmp_path):
        pass
    assert running == set()
