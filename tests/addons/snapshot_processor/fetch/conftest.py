"""Fake cameras are reached over loopback."""

import pytest

from snapshot_processor.fetch.client import fetch_picture


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the cameras are."""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no camera seem slow because the machine is."""
    monkeypatch.setattr(fetch_picture, "__kwdefaults__", {**(fetch_picture.__kwdefaults__ or {}), "within": 60.0})
