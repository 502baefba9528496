"""Takes over what people call devices and sources in Home Assistant."""

from collections.abc import Mapping
from dataclasses import replace

from .events import NamesGiven
from .model import InputRecord, OutputRecord, SourceRecord
from .state import Draft
from .tables import Table


def take_over(draft: Draft, event: NamesGiven) -> None:
    """Have every record called as people named it; what is not registered gets its name when it is."""
    _name(draft.inputs, event.devices)
    _name(draft.outputs, event.devices)
    _name(draft.sources, event.sources)


def _name[R: (InputRecord, OutputRecord, SourceRecord)](table: Table[R], names: Mapping[str, str | None]) -> None:
    for key, given in names.items():
        record = table.get(key)
        if record is not None and record.given_name != given:
            table[key] = replace(record, given_name=given)
