"""How often a message is tried, and with what in it."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from hub_relay.attempts import ATTEMPTS, FALLS, LAST_FALLS, Attempts
from hub_relay.links import Backoff
from hub_relay.sender import Answer

BOTH: dict[str, Any] = {"inputs": [{"device_key": "Door", "image": b"clean", "image_annotated": b"marked"}]}
PLAIN: dict[str, Any] = {"inputs": [{"device_key": "Door"}]}
PAUSES = Backoff(first=0.0, most=0.0)


def named(content: Any) -> set[str]:
    return set(content["inputs"][0]) - {"device_key"}


def forms(attempts: Attempts, content: dict[str, Any], answer: Answer, most: int = 100) -> list[set[str]]:
    """Return with what in it a message was tried until it was given up."""
    attempts.wait_for(1)
    found = []
    for _ in range(most):
        found.append(named(attempts.form(content)))
        if attempts.failed(answer, content):
            break
    return found


def test_what_brings_the_link_down_goes_with_less_and_less_and_is_given_up_at_last() -> None:
    tried = forms(Attempts(PAUSES), BOTH, Answer.FELL)
    assert tried == [{"image", "image_annotated"}] * FALLS + [{"image"}] * FALLS + [set()] * LAST_FALLS


@pytest.mark.parametrize(("content", "times"), [(BOTH, 3 * ATTEMPTS), (PLAIN, ATTEMPTS)])
def test_what_every_broker_refuses_is_given_up_once_nothing_can_be_left_out(
    content: dict[str, Any], times: int
) -> None:
    assert len(forms(Attempts(PAUSES), content, Answer.REFUSED)) == times


def test_what_is_lost_while_the_link_stays_is_tried_for_ever_as_it_is() -> None:
    assert forms(Attempts(PAUSES), BOTH, Answer.LOST) == [{"image", "image_annotated"}] * 100


def test_the_next_message_begins_anew() -> None:
    attempts = Attempts(PAUSES)
    forms(attempts, BOTH, Answer.FELL, FALLS)
    assert attempts.left_out == ("image_annotated",)
    assert attempts.wait_for(2) == 0
    assert attempts.form(BOTH) is BOTH


def test_the_pause_grows_while_it_is_the_same_message() -> None:
    attempts = Attempts(Backoff(first=0.2, most=5.0, chance=lambda: 0))
    assert attempts.wait_for(1) == 0
    pauses = []
    for _ in range(7):
        attempts.failed(Answer.LOST, PLAIN)
        pauses.append(attempts.wait_for(1))
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], abs=0.1)
    assert attempts.wait_for(2) == 0


@given(st.lists(st.sampled_from([Answer.FELL, Answer.REFUSED, Answer.LOST]), max_size=60))
def test_nothing_but_pictures_is_ever_left_out(answers: list[Answer]) -> None:
    attempts = Attempts(PAUSES)
    attempts.wait_for(1)
    for answer in answers:
        given_up = attempts.failed(answer, BOTH)
        form = attempts.form(BOTH)
        assert form["inputs"][0]["device_key"] == "Door"
        assert not given_up or named(form) == set()
