"""Who guesses passwords is locked out, and nobody else."""

from concurrent.futures import ThreadPoolExecutor
from ftplib import FTP, error_perm, error_temp

import pytest

from devkit.broker_process import LOOPBACK

from .cameras import jpeg, push
from .conftest import ROOMS
from .ears import Ears
from .kit import PATIENCE, App, eventually, password_of

STRANGER = "127.0.0.2"
WRONG_LOGINS = 5


def come(house: App, password: str) -> FTP:
    """Log in from another address."""
    client = FTP(timeout=PATIENCE, source_address=(STRANGER, 0))  # noqa: S321 - what cameras speak
    client.connect(LOOPBACK, house.ftp_port)
    client.login(ROOMS[0], password)
    return client


def guess(house: App, number: int) -> None:
    with pytest.raises(error_perm, match="530"):
        come(house, f"guess {number}")


def test_wrong_logins_lock_an_address_out_and_all_others_go_on(house: App, ears: Ears) -> None:
    come(house, password_of(ROOMS[0])).close()
    with ThreadPoolExecutor(WRONG_LOGINS) as pool:
        list(pool.map(lambda number: guess(house, number), range(WRONG_LOGINS)))
    with pytest.raises(error_temp, match="421 Too many wrong logins"):
        come(house, password_of(ROOMS[0]))
    content = jpeg()
    assert push(house, ROOMS[0], content).startswith("226")
    assert ears.until_events(1)[0].image == content
    eventually(lambda: STRANGER in (ears.health("receiver").get("detail") or ""), "nobody is told")
    assert ears.health("receiver") == {
        "ok": True,
        "detail": f"Locked out for wrong logins: {STRANGER}. Check user and password of cameras there",
    }
    assert "guess" not in house.log
