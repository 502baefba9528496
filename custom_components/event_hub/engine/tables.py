"""A table of the state with one step's writes on top."""

from collections.abc import Iterator, Mapping
from typing import overload, override


class Table[V](Mapping[str, V]):
    """A read-through view of one table with this step's writes on top."""

    __slots__ = ("_name", "_written", "base", "writes")

    def __init__(self, name: str, base: Mapping[str, V], written: dict[str, Mapping[str, object | None]]) -> None:
        """Lay an empty layer over ``base``, which enters ``written`` under its name with the first write."""
        self.base = base
        # Most tables are only read in a step.
        self.writes: dict[str, V | None] | None = None
        self._name = name
        self._written = written

    def __getitem__(self, key: str) -> V:
        """Return the newest value of ``key``."""
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    @overload
    def get(self, key: str, /) -> V | None: ...
    @overload
    def get[D](self, key: str, /, default: V | D) -> V | D: ...

    @override
    def get[D](self, key: str, /, default: D | None = None) -> V | D | None:
        """Return the newest value of ``key``, or ``default``. On the event path, so no exception is made of a miss."""
        writes = self.writes
        value = writes[key] if writes and key in writes else self.base.get(key)
        return default if value is None else value

    @override
    def __contains__(self, key: object) -> bool:
        """Say whether there is a value."""
        return self.writes[key] is not None if self.writes and key in self.writes else key in self.base

    def __setitem__(self, key: str, value: V | None) -> None:
        """Write ``key`` in this step; ``None`` deletes it."""
        if self.writes is None:
            self.writes = {}
            self._written[self._name] = self.writes
        self.writes[key] = value

    def remove(self, key: str) -> None:
        """Delete ``key`` in this step."""
        self[key] = None

    def __iter__(self) -> Iterator[str]:
        """Walk every key: costs the whole table, so never on the event path."""
        writes = self.writes or {}
        for key in self.base:
            if key not in writes or writes[key] is not None:
                yield key
        for key, value in writes.items():
            if value is not None and key not in self.base:
                yield key

    def __len__(self) -> int:
        """Count the keys: costs the whole table."""
        return sum(1 for _ in self)
