"""People name devices by key, label or group."""

from unicodedata import normalize

import pytest

from custom_components.event_hub.engine.chat.naming import Thing, find, index
from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.matching import match

NFC, NFD = normalize("NFC", "Tür Süd"), normalize("NFD", "Tür Süd")
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


@pytest.mark.parametrize(("label", "word"), [(NFD, NFC), (NFC, NFD), (NFD, NFC.upper()), ("Straße", "STRASSE")])
def test_letters_are_the_same_however_they_are_encoded(label: str, word: str) -> None:
    records = {"K1": InputRecord(key="K1", source_id="s", label=label)}
    assert match((word,), records).keys == ("K1",)
    assert find((word,), index((Thing(key="K1", shown=label),))).keys == ("K1",)
