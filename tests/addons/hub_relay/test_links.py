"""What both links have in common: pauses, states, and who is told when one is lost."""

from pathlib import Path
import time

from hypothesis import given, strategies as st
import pytest

from hub_relay.links import Backoff, LinkError, Login, Publication, Tls, lost_for

from .kit import StubLink


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_pauses_double_up_to_the_longest_and_are_shortened_by_a_half_at_most(chances: list[float]) -> None:
    drawn = iter(chances)
    backoff = Backoff(first=1, most=30, chance=lambda: next(drawn))
    for index in range(len(chances)):
        whole = min(2.0**index, 30)
        assert whole / 2 <= backoff.pause() <= whole


def test_pauses_begin_anew_only_after_a_success() -> None:
    backoff = Backoff(first=1, most=30, chance=lambda: 0)
    assert [backoff.pause() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.succeeded()
    assert backoff.pause() == 1


def test_a_link_that_came_up_makes_its_next_pause_short() -> None:
    backoff = Backoff(first=1, most=30, chance=lambda: 0)
    link = StubLink(backoff=backoff)
    assert [backoff.pause() for _ in range(3)] == [1, 2, 4]
    link.connect()
    assert backoff.pause() == 1
    assert link.join(0)


def test_links_are_lost_since_the_last_of_them_went() -> None:
    first, second = StubLink("first"), StubLink("second")
    links = (first, second)
    began = min(link.changed_at for link in links)
    assert lost_for(links, began + 10) == pytest.approx(10, abs=1)
    first.connect()
    assert lost_for(links, time.monotonic() + 100) == 0
    second.connect()
    first.disconnect()
    assert lost_for(links, time.monotonic() + 100) == 0
    second.disconnect()
    assert second.changed_at >= first.changed_at
    assert lost_for(links, second.changed_at + 5) == 5
    second.disconnect("still gone")
    assert lost_for(links, second.changed_at + 5) == 5
    for link in links:
        assert link.join(0)


def test_without_any_link_nothing_is_lost() -> None:
    assert lost_for((), 1000.0) == 0


def test_a_link_that_is_down_says_so_at_once_and_each_problem_once(caplog: pytest.LogCaptureFixture) -> None:
    link = StubLink()
    for problem in ("nobody listens", "nobody listens", "wrong password", "wrong password"):
        link.disconnect(problem)
    assert [record.message for record in caplog.records] == ["stub: nobody listens", "stub: wrong password"]
    future = link.send(Publication(address="a", body=b""))
    assert isinstance(future.exception(0), LinkError)
    assert link.join(0)


def test_a_password_stands_in_no_representation() -> None:
    assert "hunter22" not in repr(Login(username="me", password="hunter22"))


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="nowhere"):
        Tls(authority=tmp_path / "nowhere.pem").context()
