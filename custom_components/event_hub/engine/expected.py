"""Devices that are set up before they report: the first source that reports one of them becomes its owner."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..wire.values import TEXT_LIMIT, is_key
from . import scheduling
from .errors import InvalidRuleError
from .events import InputExpected, OutputExpected
from .model import ADOPTED_SOURCE, BUILT_IN_SOURCE, EXPECTED_SOURCE, InputRecord, OutputRecord, SourceRecord
from .registry import DEVICE_LIMIT, is_siren, is_zone, note_device, owner_of_key
from .state import Draft
from .tables import Table

DESCRIPTION: Final = ("label", "type", "location", "group")


def expect(draft: Draft, event: InputExpected | OutputExpected) -> None:
    """Register or fill in a device. Raises ``InvalidRuleError`` for a key that cannot be had."""
    key = event.record.key
    if not is_key(key):
        raise InvalidRuleError("key", f"text of 1 to {TEXT_LIMIT} characters, without control characters")
    if isinstance(event, InputExpected):
        new = InputRecord(key=key, source_id="", enabled=is_zone(draft, key))
        _expect(draft, draft.inputs, new, described(event.record))
    else:
        used = OutputRecord(key=key, source_id="", enabled=is_siren(draft, key))
        _expect(draft, draft.outputs, used, described(event.record))


def described(record: InputRecord | OutputRecord) -> dict[str, str]:
    """Return what a record says of its device, without what it does not say."""
    return {name: said for name in DESCRIPTION if (said := getattr(record, name)) is not None}


def _expect[R: (InputRecord, OutputRecord)](
    draft: Draft, table: Table[R], new: R, description: Mapping[str, Any]
) -> None:
    known, owner = table.get(new.key), owner_of_key(draft, new.key)
    if owner in (ADOPTED_SOURCE.source_id, BUILT_IN_SOURCE.source_id):
        if known is None:
            raise InvalidRuleError("key", "another device has it")
        return
    if known is not None:
        missing = {name: said for name, said in description.items() if getattr(known, name) is None}
        if missing:
            scheduling.keep(draft, replace(known, **missing))
        return
    if len(draft.inputs.base) + len(draft.outputs.base) >= DEVICE_LIMIT:
        raise InvalidRuleError("devices", f"at most {DEVICE_LIMIT}")
    if owner is None:
        owner = EXPECTED_SOURCE.source_id
        if owner not in draft.sources:
            draft.sources[owner] = SourceRecord(source=EXPECTED_SOURCE)
    note_device(draft, owner, new.key)
    scheduling.keep(draft, replace(new, source_id=owner, **description))
