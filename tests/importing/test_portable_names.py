"""A configuration that calls devices by the name on the screen."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import CrossZone, Partition, Zone
from custom_components.event_hub.engine.events import EnabledSet, PartitionSet
from custom_components.event_hub.importing.document import PortableError
from custom_components.event_hub.importing.planner import Plan
from custom_components.event_hub.importing.portable import plan_yaml
from custom_components.event_hub.wire.messages import InputReport, OutputReport, ReportKind
from tests.engine.kit import Engine

from .kit import carry_out, texts

DOOR = "Front Door (Hallway)"
SIREN = "Siren (Attic)"
LATCH = "{rule: {latch: 30}}"


@pytest.fixture
def engine() -> Engine:
    """Return a hub whose devices have other keys than names."""
    engine = Engine()
    engine.report(InputReport(device_key=DOOR, active=None, label="Front Door", location="Hallway"))
    engine.report(InputReport(device_key="Window", active=None))
    siren = OutputReport(device_key=SIREN, label="Siren", location="Attic")
    engine.report(outputs=(siren,), kind=ReportKind.HEARTBEAT)
    engine.post(EnabledSet(inputs=(DOOR, "Window"), outputs=(SIREN,), enabled=True))
    return engine


def planned(engine: Engine, sections: str) -> Plan:
    """Return what these sections change."""
    return plan_yaml(f"event_hub: 1\n{sections}", engine.state)


@pytest.mark.parametrize("name", ["Hallway Front Door", "hallway  front door", "front door (hallway)"])
def test_an_input_goes_by_its_name_in_any_letter_case(engine: Engine, name: str) -> None:
    wanted = planned(engine, f"inputs: {{{name}: {LATCH}}}")
    assert texts(wanted) == [f"“{DOOR}” gets the rule: latch 30 s (was 60 s)"]


def test_an_input_goes_by_the_name_that_people_gave_it(engine: Engine) -> None:
    engine.state.inputs[DOOR] = replace(engine.state.inputs[DOOR], given_name="Main Entrance")
    for name in ("Main Entrance", "Hallway Front Door"):
        assert texts(planned(engine, f"inputs: {{{name}: {LATCH}}}")), name
        assert name not in planned(engine, f"inputs: {{{name}: {LATCH}}}").texts[0]


def test_links_and_partitions_call_devices_by_name_too(engine: Engine) -> None:
    sections = (
        "inputs: {Hallway Front Door: {links: [Attic Siren]}}\n"
        "outputs: {Attic Siren: {interval: 5}}\n"
        "partitions: {house: {zones: {Hallway Front Door: {}, Window: {}}, siren_outputs: [attic siren], "
        "cross_zones: [{zones: [Hallway Front Door, Window]}], "
        "codes: {arm: false, disarm: false, change_mode: false, bypass: false}}}"
    )
    wanted = planned(engine, sections)
    assert wanted.left_out == ()
    carry_out(wanted, engine.state)
    assert (set(engine.state.inputs), set(engine.state.outputs)) >= ({DOOR, "Window"}, {SIREN})
    assert "Hallway Front Door" not in engine.state.inputs
    assert engine.state.inputs[DOOR].links == (SIREN,)
    assert engine.state.outputs[SIREN].interval == 5
    house = engine.state.partitions["house"]
    assert dict(house.zones) == {DOOR: Zone(), "Window": Zone()}
    assert (house.siren_outputs, house.cross_zones) == ((SIREN,), (CrossZone(zones=(DOOR, "Window")),))
    assert planned(engine, sections).changes == ()


def test_a_key_counts_before_a_name(engine: Engine) -> None:
    engine.report(InputReport(device_key="Hallway Front Door", active=None))
    assert planned(engine, f"inputs: {{Hallway Front Door: {LATCH}}}").changes[0].about == "Hallway Front Door"


@pytest.mark.parametrize(
    "sections",
    [
        "inputs: {Cellar: {}}",
        # The other one is named itself: this must be another device.
        f"inputs: {{{DOOR}: {{}}, Hallway Front Door: {{}}}}",
        "inputs: {HALLWAY FRONT DOOR: {}, Hallway Front Door: {}}",
    ],
)
def test_what_is_no_name_of_one_device_is_awaited(engine: Engine, sections: str) -> None:
    assert any("before its device reports" in text for text in texts(planned(engine, sections)))


@pytest.mark.parametrize("first", [DOOR, "hallway front door"])
def test_two_words_for_one_zone_are_refused(engine: Engine, first: str) -> None:
    with pytest.raises(PortableError) as raised:
        planned(engine, f"partitions: {{house: {{zones: {{{first}: {{}}, Window: {{}}, Hallway Front Door: {{}}}}}}}}")
    assert raised.value.problems == (f"partitions > house > zones > Hallway Front Door: the same device as “{first}”",)


def test_an_output_that_is_named_twice_is_one(engine: Engine) -> None:
    section = f"[Attic Siren, {SIREN}]"
    wanted = planned(
        engine, f"inputs: {{Window: {{links: {section}}}}}\npartitions: {{house: {{siren_outputs: {section}}}}}"
    )
    carry_out(wanted, engine.state)
    assert engine.state.partitions["house"].siren_outputs == (SIREN,)
    assert engine.state.inputs["Window"].links == (SIREN,)


def test_a_name_that_two_devices_have_is_neither(engine: Engine) -> None:
    engine.report(InputReport(device_key="Other", active=None, label="Front Door", location="Hallway"))
    assert "is added as an input" in texts(planned(engine, "inputs: {Hallway Front Door: {}}"))[0]


def test_the_zones_of_a_partition_may_be_new_devices_of_the_text(engine: Engine) -> None:
    wanted = planned(engine, "inputs: {Shed: {}}\npartitions: {house: {zones: {Shed: {}, Hallway Front Door: {}}}}")
    carry_out(wanted, engine.state)
    assert list(engine.state.partitions["house"].zones) == ["Shed", DOOR]


def test_a_zone_that_was_forgotten_stays_one_by_its_key(engine: Engine) -> None:
    engine.post(PartitionSet(partition=Partition(partition_id="house", name="House", zones={"Window": Zone()})))
    del engine.state.inputs["Window"]
    assert texts(planned(engine, "partitions: {house: {zones: {Window: {}}}}")) == []
