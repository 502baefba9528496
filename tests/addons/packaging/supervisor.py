"""What the Supervisor makes of an app's options, in the words of its rules."""

from collections.abc import Iterator, Mapping
import re
from typing import Any, Final

type Schema = Mapping[str, Any]

_TYPE: Final = re.compile(
    r"(?P<kind>bool|email|url|port"
    r"|str|password"
    r"|int(\((?P<int_range>-?\d*,-?\d*)\))?"
    r"|float(\((?P<float_range>-?[\d.]*,-?[\d.]*)\))?"
    r"|match\((?P<pattern>.*)\)"
    r"|list\((?P<words>.+)\))"
    r"(?P<optional>\??)"
)
# Bounds of `str` and `password` are left out: the Supervisor compares them with the text, not with its length.


def problems_of_schema(schema: Schema, path: str = "") -> Iterator[str]:
    """Yield what the Supervisor would not take in an app's schema, or what would not do what it seems to."""
    for name, wanted in schema.items():
        place = f"{path}{name}"
        if isinstance(wanted, dict):
            yield f"{place}: a map can never be left out"
        elif isinstance(wanted, list):
            yield from _problems_of_list(wanted, place)
        elif not _TYPE.fullmatch(str(wanted)):
            yield f"{place}: {wanted} is no type"


def _problems_of_list(wanted: list[Any], place: str) -> Iterator[str]:
    if len(wanted) != 1:
        yield f"{place}: a list has one kind of entry"
    for entry in wanted:
        if isinstance(entry, dict):
            yield from problems_of_schema(entry, f"{place}[].")
        elif not _TYPE.fullmatch(str(entry)):
            yield f"{place}[]: {entry} is no type"


def problems_of_options(schema: Schema, options: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield what the Supervisor would refuse, or silently remove, of the options of an app."""
    for name, value in options.items():
        if name not in schema:
            yield f"{path}{name}: removed, as the schema does not know it"
        else:
            yield from _problems_of_value(schema[name], value, f"{path}{name}")
    for name in schema.keys() - options.keys():
        # A list is optional when its entries are texts and optional; a list of maps never is.
        wanted = schema[name][0] if isinstance(schema[name], list) else schema[name]
        if not (isinstance(wanted, str) and wanted.endswith("?")):
            yield f"{path}{name}: missing"


def _problems_of_value(wanted: Any, value: Any, place: str) -> Iterator[str]:
    if isinstance(wanted, list):
        if not isinstance(value, list):
            yield f"{place}: no list"
            return
        for number, entry in enumerate(value):
            yield from _problems_of_value(wanted[0], entry, f"{place}[{number}]")
    elif isinstance(wanted, dict):
        yield from problems_of_options(wanted, value, f"{place}.") if isinstance(value, dict) else (f"{place}: no map",)
    elif not _suits(wanted, value):
        yield f"{place}: {value!r} is not {wanted}"


def _suits(wanted: str, value: Any) -> bool:
    """Say whether a single value is of a type."""
    found = _TYPE.fullmatch(wanted)
    assert found, wanted
    kind = found["kind"].partition("(")[0]
    if kind in {"int", "port"}:
        bounds = "1,65535" if kind == "port" else found["int_range"]
        return type(value) is int and _within(value, bounds)
    if kind == "float":
        return type(value) in {int, float} and _within(value, found["float_range"])
    if kind == "bool":
        return type(value) is bool
    if kind == "match":
        return re.match(found["pattern"], str(value)) is not None
    if kind == "list":
        return str(value) in found["words"].split("|")
    return isinstance(value, str)


def _within(value: float, bounds: str | None) -> bool:
    low, _, high = (bounds or ",").partition(",")
    return (not low or value >= float(low)) and (not high or value <= float(high))
