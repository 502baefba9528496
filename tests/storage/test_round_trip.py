from collections.abc import Mapping
from dataclasses import replace
import json
import time

from hypothesis import HealthCheck, given, settings, strategies as st
import orjson
import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.events import CodeUserSet
from custom_components.event_hub.engine.model import Decision, InputRecord, SourceStatus
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.storage.decode import DecodeError, decode
from custom_components.event_hub.storage.encode import to_json, to_json_object
from custom_components.event_hub.storage.schema import Registry, Status, read, state_of
from custom_components.event_hub.wire.messages import InputReport

from .kit import ANNA, BOARD, HOUSE, full_state, pending_command

numbers = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, numbers)
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(InputReport, st.builds(InputReport, image=st.none()))
quickly = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def stored[T](content: object) -> Mapping[str, object]:
    """Return what a file gives back of ``content``."""
    data: Mapping[str, object] = orjson.loads(orjson.dumps(to_json(content)))
    return data


def reloaded(state: State) -> State:
    registry, registry_faults = read(Registry, stored(Registry.of(state)))
    status, status_faults = read(Status, stored(Status.of(state)))
    assert registry_faults == status_faults == ()
    return state_of(registry, status)


@given(status=st.from_type(Status))
@quickly
def test_whatever_a_status_holds_comes_back(status: Status) -> None:
    assert read(Status, stored(status)) == (status, ())


@given(record=st.from_type(InputRecord), decision=st.from_type(Decision))
@quickly
def test_whatever_a_record_or_a_decision_holds_comes_back(record: InputRecord, decision: Decision) -> None:
    assert decode(InputRecord, stored(record)) == record
    assert decode(Decision, stored(decision)) == decision


@given(registry=st.from_type(Registry))
@quickly
def test_whatever_a_registry_holds_comes_back(registry: Registry) -> None:
    named = replace(
        registry,
        sources={record.source_id: record for record in registry.sources.values()},
        inputs={record.key: record for record in registry.inputs.values()},
        outputs={record.key: record for record in registry.outputs.values()},
        groups={rule.name: rule for rule in registry.groups.values()},
        partitions={partition.partition_id: partition for partition in registry.partitions.values()},
        code_users={user.user_id: user for user in registry.code_users.values()},
    )
    assert read(Registry, stored(named)) == (named, ())


_NOT_STORED = ("heard", "alarm", "siren_orders", "lockouts", "waiting_for")


def test_a_state_comes_back_with_every_table() -> None:
    state = full_state(time.time())
    loaded = reloaded(state)
    for name in State.__dataclass_fields__:
        # The serial only tells apart what comes at one instant, so it may start anew; where the
        # partitions stand is in the journal; and after a restart sirens are told everything again.
        if name not in (*("settings", "deadlines", "transports", "serial"), *_NOT_STORED):
            assert getattr(state, name), f"{name} is empty, so this test says nothing about it"
            assert getattr(loaded, name) == getattr(state, name)


def test_images_are_not_stored() -> None:
    state = full_state(time.time())
    state.commands["command-1"] = pending_command(1000.0, image=b"\xff\xd8\xff")
    assert reloaded(state).commands["command-1"] == pending_command(1000.0)


def test_message_ids_too_old_to_matter_are_not_stored() -> None:
    now = time.time()
    state = State()
    window = state.settings.max_validity + state.settings.max_ahead
    state.seen.update({"old": now - window - 1, "recent": now - window + 10, "new": now})
    assert list(reloaded(state).seen) == ["recent", "new"]


def test_the_status_of_a_record_that_is_gone_is_not_loaded() -> None:
    state = full_state(time.time())
    state.sources.clear()
    state.inputs.clear()
    state.outputs.clear()
    state.groups.clear()
    loaded = reloaded(state)
    assert not loaded.source_status
    assert not loaded.input_status
    assert not loaded.output_status
    assert not loaded.group_activations
    assert not loaded.commands


def test_a_device_that_is_input_and_output_counts_once_among_its_sources_devices() -> None:
    state = full_state(time.time())
    state.outputs["Door"] = replace(state.outputs["Siren"], key="Door")
    assert reloaded(state).source_devices == {BOARD.source_id: ("Door", "Siren")}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("\ud83d", "?", id="half a character"),
        pytest.param(float("nan"), None, id="no number"),
        pytest.param(float("inf"), None, id="endless"),
        pytest.param(2**64, "18446744073709551616", id="too long a number"),
    ],
)
def test_what_json_cannot_hold_is_written_as_the_nearest_that_it_can(value: object, written: object) -> None:
    assert orjson.loads(orjson.dumps(to_json({"value": value}))) == {"value": written}


def test_what_has_no_json_form_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        to_json({"value": object()})


def test_a_field_that_this_version_does_not_know_is_ignored() -> None:
    record = InputRecord(key="Door", source_id="ioboard.board")
    assert decode(InputRecord, {**to_json_object(record), "colour": "red"}) == record


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"last_seen": "now"}, "last_seen: expected a number, found text"),
        ({"last_seen": True}, "last_seen: expected a number, found true or false"),
        ({"last_seen": 1, "offsets": [0, None]}, "offsets > 1: expected a number, found nothing"),
        ({"last_seen": 1, "interval": []}, "interval: expected a number or nothing, found a list"),
        ({}, "last_seen missing"),
        ([], "expected an object, found a list"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_place(data: object, where: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode(SourceStatus, data)
    assert str(refused.value) == where


def test_a_fault_never_tells_the_value_that_is_wrong() -> None:
    data = {"sources": {"ioboard.board": {"source": "hunter2"}}}
    registry, faults = read(Registry, json.loads(json.dumps(data)))
    assert registry == Registry()
    assert faults == ("sources > ioboard.board > source: expected an object, found text",)


def test_a_record_under_another_name_than_its_own_is_left_out() -> None:
    data = stored(Registry(inputs={"Window": InputRecord(key="Door", source_id="ioboard.board")}))
    registry, faults = read(Registry, data)
    assert not registry.inputs
    assert faults == ("inputs > Window: its key differs from the name that it is listed under",)


def test_a_mode_is_a_mode_again_where_it_is_the_name_of_a_delay() -> None:
    (mode,) = reloaded(full_state(time.time())).partitions["house"].delays
    assert isinstance(mode, Mode)


def test_a_delay_of_no_mode_is_refused_with_its_place() -> None:
    garbled = {**to_json_object(HOUSE), "delays": {"siesta": {"exit": 1}}}
    registry, faults = read(Registry, {"partitions": {"house": garbled}})
    assert not registry.partitions
    assert faults == ("partitions > house > delays > siesta: expected one of away, home, night, vacation, custom",)


def test_the_hash_of_nobodys_code_is_not_loaded() -> None:
    state = full_state(time.time())
    state.code_users.clear()
    assert not reloaded(state).code_hashes


def test_a_hash_is_shown_nowhere() -> None:
    state = full_state(time.time())
    assert "not-a-hash" not in repr(state) + repr(Registry.of(state))
    assert "not-a-hash" not in repr(CodeUserSet(user=ANNA, code_hash="not-a-hash"))


def test_a_fault_never_tells_a_hash() -> None:
    _, faults = read(Registry, {"code_hashes": {"anna": ["not-a-hash"]}})
    assert faults == ("code_hashes > anna: expected text, found a list",)
