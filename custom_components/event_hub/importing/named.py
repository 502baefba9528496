"""Devices that a configuration calls by the name on the screen, which is not always their key."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..engine.names import Described, described_name, device_name, fold
from ..engine.state import State
from .document import Document, PortableError

_LINKS: Final = "links"


class _Names:
    """Finds the keys of devices in one table, of which a section of the text sets some."""

    def __init__(self, table: Mapping[str, Described], section: Iterable[str]) -> None:
        named: dict[str, set[str]] = {}
        for key, record in table.items():
            for name in (key, device_name(record), described_name(record)):
                named.setdefault(fold(name), set()).add(key)
        self._table, self._named = table, named
        self._new: set[str] = set()
        wanted = {word: self.key(word) for word in section}
        # Where two words of the text would set one device, they are meant for two, of which one is yet to report.
        taken = Counter(wanted.values())
        self._new = {word for word, key in wanted.items() if word == key or taken[key] > 1}

    def key(self, word: str) -> str:
        """Return the key that a word means: itself if it is one, or that of the only device of this name."""
        found = () if word in self._table or word in self._new else self._named.get(fold(word), ())
        return next(iter(found)) if len(found) == 1 else word

    def keys(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return the keys that words mean, each once."""
        return tuple(dict.fromkeys(map(self.key, words)))

    def settings(self, path: str, section: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings by key. Raises ``PortableError`` where two words mean one device: it cannot have both's."""
        first: dict[str, str] = {}
        again = [word for word in section if first.setdefault(self.key(word), word) != word]
        if again:
            raise PortableError(
                tuple(f"{path} > {word}: the same device as “{first[self.key(word)]}”" for word in again)
            )
        return {self.key(word): each for word, each in section.items()}


def with_keys(document: Document, state: State) -> Document:
    """Return a document with keys in place of the names of devices that there are. Raises ``PortableError``."""
    inputs, outputs = _Names(state.inputs, document.inputs), _Names(state.outputs, document.outputs)
    return replace(
        document,
        inputs={inputs.key(word): _linked(settings, outputs) for word, settings in document.inputs.items()},
        outputs={outputs.key(word): settings for word, settings in document.outputs.items()},
        partitions={
            partition_id: _watching(f"partitions > {partition_id}", settings, inputs, outputs)
            for partition_id, settings in document.partitions.items()
        },
    )


def _linked(settings: Mapping[str, Any], outputs: _Names) -> Mapping[str, Any]:
    return {**settings, _LINKS: outputs.keys(settings[_LINKS])} if _LINKS in settings else settings


def _watching(path: str, settings: Mapping[str, Any], inputs: _Names, outputs: _Names) -> Mapping[str, Any]:
    found = dict(settings)
    if "zones" in found:
        found["zones"] = inputs.settings(f"{path} > zones", found["zones"])
    if "siren_outputs" in found:
        found["siren_outputs"] = outputs.keys(found["siren_outputs"])
    if "cross_zones" in found:
        found["cross_zones"] = tuple(replace(each, zones=inputs.keys(each.zones)) for each in found["cross_zones"])
    return found
