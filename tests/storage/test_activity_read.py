"""An entry of the activity log is an effect of the alarm again."""

import json
from typing import get_args

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.alarm import effects
from custom_components.event_hub.engine.alarm.model import Actor, ActorKind
from custom_components.event_hub.engine.effects import AlarmSetUp, AlarmTold, Change, Effect, SetUp
from custom_components.event_hub.storage.activity_entries import Entry, Happening, row_of
from custom_components.event_hub.storage.activity_read import alarm_of

ANN = Actor(kind=ActorKind.CODE_USER, name="Ann")
numbers = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, numbers)
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
quickly = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def logged(effect: Effect) -> Entry:
    """Return the entry that tells of an effect."""
    row = row_of(Happening(effect=effect, at=1.0))
    return Entry(id=1, at=row.at, kind=row.kind, data=json.loads(row.data))


@pytest.mark.parametrize("cls", get_args(effects.Effect.__value__))
@given(data=st.data())
@quickly
def test_whatever_happens_to_the_alarm_is_read_back_from_the_log(cls: type, data: st.DataObject) -> None:
    told = AlarmTold(partition_id="home", effect=data.draw(st.from_type(cls)))
    assert alarm_of(logged(told)) == told


def test_a_change_of_its_settings_is_read_back_from_the_log() -> None:
    told = AlarmSetUp(
        what=SetUp.PARTITION,
        partition_id="home",
        subject="home",
        name="Home",
        changes=(Change(setting="delays.away.exit", before=60.0, after=None), Change(setting="x", before=(), after={})),
        at=1.0,
        actor=ANN,
    )
    assert alarm_of(logged(told)) == told


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("decision", {}),
        ("source_lost", {"source_id": "x", "partition_id": "home"}),
        ("phase_changed", {"partition_id": "home", "before": "armed", "after": "on_the_moon"}),
        ("lockout_ended", {}),
        ("refused", {"partition_id": "home", "action": "arm", "reason": "no_mood", "problems": [], "actor": {}}),
        ("refused", {"partition_id": "home", "reason": []}),
        ("of_a_later_version", {"partition_id": "home"}),
    ],
)
def test_what_is_not_the_alarm_s_or_of_another_version_is_not_read(kind: str, data: dict[str, object]) -> None:
    assert alarm_of(Entry(id=1, at=1.0, kind=kind, data=data)) is None  # type: ignore[arg-type] # JSON
