"""People name devices by key, label or group."""

import pytest

from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.matching import match

RECORDS = {
    record.key: record
    for record in (
        InputRecord(key="Garage Door", source_id="s", label="Door", group="Outside"),
        InputRecord(key="Kitchen Door", source_id="s", label="Door", group="Inside"),
        InputRecord(key="Door", source_id="s"),
        InputRecord(key="Yard", source_id="s", group="outside"),
        InputRecord(key="Front (Hall)", source_id="s", label="Front", location="Hall"),
    )
}


@pytest.mark.parametrize(
    ("words", "keys", "unknown"),
    [
        (["Garage Door"], ("Garage Door",), ()),
        (["garage  door"], ("Garage Door",), ()),
        (["Door"], ("Door",), ()),
        (["door"], ("Garage Door", "Kitchen Door", "Door"), ()),
        (["OUTSIDE"], ("Garage Door", "Yard"), ()),
        (["hall front"], ("Front (Hall)",), ()),
        (["Attic"], (), ("Attic",)),
        (["Yard", "Attic", "inside"], ("Kitchen Door", "Yard"), ("Attic",)),
        ([""], (), ("",)),
        ([], (), ()),
    ],
)
def test_words_find_devices(words: list[str], keys: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    found = match(words, RECORDS)
    assert (found.keys, found.unknown) == (keys, unknown)
