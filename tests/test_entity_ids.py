from homeassistant.core import valid_entity_id
from homeassistant.util import slugify
from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.entity_ids import object_id_of, room_for

ROOM = room_for("binary_sensor")
# Any script, and what a name is cut at.
NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=255) | st.text(
    "ab é中ß🏠'&;#_-.", min_size=1, max_size=255
)


@given(
    device=NAMES, entity=st.none() | NAMES, domain=st.sampled_from(["event", "binary_sensor", "alarm_control_panel"])
)
def test_an_entity_id_is_valid_and_has_room_for_a_number(device: str, entity: str | None, domain: str) -> None:
    found = object_id_of(device, entity, room_for(domain))
    assert valid_entity_id(f"{domain}.{found}")
    assert len(f"{domain}.{found}") <= 255
    whole = slugify(f"{device} {entity}" if entity else device)
    assert found == whole if len(whole) <= room_for(domain) else len(f"{domain}.{found}_99999") <= 255


@given(device=NAMES, entity=st.text("abc ", min_size=1, max_size=60).filter(str.strip))
def test_what_is_cut_still_says_which_entity_of_the_device_it_is(device: str, entity: str) -> None:
    assert object_id_of(device, entity, ROOM).endswith(slugify(entity))


@pytest.mark.parametrize(
    ("device", "entity", "found"),
    [
        ("Garage Door", "Last trigger", "garage_door_last_trigger"),
        ("Window " * 40, None, "window_" * 32 + "window"),
        ("Window " * 40, "Last trigger", "window_" * 31 + "last_trigger"),
        ("x" * 300, "Last trigger", "x" * 222 + "_last_trigger"),
        ("x" * 300, "y" * 300, "x" * 117 + "_" + "y" * 117),
        ("中" * 255, "Last trigger", "zhong_" * 37 + "last_trigger"),
        ("🏠" * 255, "Last trigger", "last_trigger"),
        (f"{'x' * 240} Window", None, "x" * 235),
        (f"{'x' * 241} Window", None, "x" * 235),
        (f"{'x' * 230} Windows", None, f"{'x' * 230}_windows"),
    ],
)
def test_the_end_of_the_device_goes_at_a_word_or_a_letter(device: str, entity: str | None, found: str) -> None:
    assert object_id_of(device, entity, ROOM) == found
