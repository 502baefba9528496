"""Channels to people in an export, and what an import plans of them."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.telling.languages import LANGUAGES
from custom_components.event_hub.engine.telling.model import Button, Channel, ChannelKind, Pictures, Topic
from custom_components.event_hub.importing.channel_plan import Here, KnownChannel
from custom_components.event_hub.importing.document import PortableError
from custom_components.event_hub.importing.planner import ChannelWanted
from custom_components.event_hub.importing.portable import export_yaml, plan_yaml
from custom_components.event_hub.importing.yaml_text import Plain
from tests.engine.kit import Engine

from .kit import left_out, texts

FAMILY = Channel(
    channel_id="c1",
    name="Family",
    kind=ChannelKind.TELEGRAM,
    target="notify.family",
    language="de",
    min_interval=12.0,
    gather=2.0,
    max_length=1024,
    pictures=Pictures.ALBUM,
    topics=(Topic.ALARM, Topic.DURESS),
)
HERE = Here(channels={"Family": KnownChannel(channel=FAMILY, priority=20)})
NEW = "event_hub: 1\nchannels: {Ann: {kind: mobile_app, target: notify.mobile_app_ann, buttons: [view]}}"


def refused(text: str, here: Here = HERE) -> tuple[str, ...]:
    """Return everything that is wrong with a text."""
    with pytest.raises(PortableError) as raised:
        plan_yaml(text, Engine().state, here)
    return raised.value.problems


def test_reading_back_what_was_exported_changes_nothing() -> None:
    state = Engine().state
    text = export_yaml(state, HERE.channels)
    assert "target: notify.family" in text
    assert plan_yaml(text, state, HERE).changes == ()


def test_another_home_gets_the_same_channel() -> None:
    state = Engine().state
    wanted = plan_yaml(export_yaml(state, HERE.channels), state)
    assert texts(wanted) == ["The channel “Family” is set up; it goes to “notify.family”"]
    (wish,) = wanted.wishes
    assert isinstance(wish, ChannelWanted)
    assert (wish.name, wish.settings["kind"], wish.settings["priority"]) == ("Family", "telegram", 20)
    assert wish.settings["topics"] == ["alarm", "duress"]


def test_what_a_text_does_not_name_stays_as_it_is() -> None:
    wanted = plan_yaml("event_hub: 1\nchannels: {Family: {priority: 5, enabled: false}}", Engine().state, HERE)
    assert wanted.wishes == (ChannelWanted(name="Family", settings={"priority": 5, "enabled": False}),)
    assert texts(wanted) == [
        "The channel “Family” changes: switched off; place in the order 5 (was 20)",
    ]


def test_a_new_one_needs_no_more_than_its_kind_and_where_it_goes() -> None:
    (wish,) = plan_yaml(NEW, Engine().state).wishes
    settings_of_it: dict[str, Plain] = {"kind": "mobile_app", "target": "notify.mobile_app_ann", "buttons": ["view"]}
    assert wish == ChannelWanted(name="Ann", settings=settings_of_it)


def test_one_that_would_reach_nobody_here_is_left_out_and_it_is_said_what_to_do() -> None:
    here = replace(HERE, reaches=lambda kind, target: (kind, target) == (ChannelKind.TELEGRAM, "notify.family"))
    wanted = plan_yaml(NEW, Engine().state, here)
    assert wanted.changes == ()
    assert "there is no “notify.mobile_app_ann” here. Set it up in Home Assistant" in left_out(wanted)
    assert plan_yaml("event_hub: 1\nchannels: {Family: {priority: 5}}", Engine().state, here).wishes


def test_one_that_goes_where_it_went_may_be_changed_while_nothing_is_reached() -> None:
    here = replace(HERE, reaches=lambda _kind, _target: False)
    assert plan_yaml("event_hub: 1\nchannels: {Family: {priority: 5}}", Engine().state, here).wishes
    wanted = plan_yaml("event_hub: 1\nchannels: {Family: {target: notify.others}}", Engine().state, here)
    assert (wanted.wishes, "notify.others" in left_out(wanted)) == ((), True)


@pytest.mark.parametrize(
    ("channel", "problem"),
    [
        ("{}", "channels > Ann > kind: needed for a new channel"),
        ("{target: notify.x}", "channels > Ann > kind: needed for a new channel"),
        ("{kind: telegram}", "channels > Ann > target: needed for a new channel"),
        ("{kind: pigeon, target: x}", "channels > Ann > kind: expected one of notify_entity"),
        ("{kind: action, target: x}", "channels > Ann > target: an action such as"),
        ("{kind: telegram, target: notify.x, priority: 0}", "channels > Ann > priority: from 1 to 99"),
        ("{kind: telegram, target: notify.x, priority: 1.5}", "channels > Ann > priority: expected a whole number"),
        ("{kind: telegram, target: notify.x, deadline: 5}", "channels > Ann > deadline: longer than"),
        ("{kind: telegram, target: notify.x, topics: [x]}", "channels > Ann > topics > 1: expected one of"),
        ("{kind: telegram, target: notify.x, token: x}", "channels > Ann > token: no such setting"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(channel: str, problem: str) -> None:
    said = refused(f"event_hub: 1\nchannels: {{Ann: {channel}}}")
    assert any(each.startswith(problem) for each in said), said


def test_a_change_that_makes_one_useless_is_refused() -> None:
    assert refused("event_hub: 1\nchannels: {Family: {kind: action}}")[0].startswith("channels > Family > pictures")


CHANNELS = st.builds(
    Channel,
    channel_id=st.just("c"),
    name=st.just("Any"),
    kind=st.just(ChannelKind.MOBILE_APP),
    target=st.just("notify.mobile_app_x"),
    language=st.sampled_from(sorted(LANGUAGES)),
    enabled=st.booleans(),
    always=st.booleans(),
    people_only=st.booleans(),
    min_interval=st.floats(0, 3_000),
    deadline=st.floats(3_100, 7_200),
    gather=st.floats(0, 10),
    max_length=st.integers(40, 10_000),
    pictures=st.sampled_from([Pictures.NONE, Pictures.ONE]),
    topics=st.lists(st.sampled_from(Topic), unique=True, max_size=3).map(tuple),
    buttons=st.lists(st.sampled_from(Button), unique=True, max_size=3).map(tuple),
)


@settings(max_examples=30, deadline=None)
@given(CHANNELS, st.integers(1, 99))
def test_every_channel_comes_back_as_it_was(channel: Channel, priority: int) -> None:
    known = {"Any": KnownChannel(channel=channel, priority=priority)}
    state = Engine().state
    text = export_yaml(state, known)
    assert plan_yaml(text, state, Here(channels=known)).changes == ()
    (wish,) = plan_yaml(text, state).wishes
    assert isinstance(wish, ChannelWanted)
    kept: dict[str, Any] = dict(wish.settings)
    assert (kept.pop("priority"), kept["deadline"]) == (priority, channel.deadline)
    assert set(kept) == set(Channel.__dataclass_fields__) - {"channel_id", "name"}
