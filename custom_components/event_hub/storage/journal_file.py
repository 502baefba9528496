"""The journal's file: reads it whatever became of it, appends to it, writes it anew.

Everything here waits for the disk; it belongs in one thread at a time.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import journal_disk as disk, journal_lines as lines
from .encode import Json
from .problems import ProblemKind, StorageProblem, path_aside

NEW_SUFFIX: Final = ".new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opening found.

    ``cut_off`` is how many bytes of an unfinished last line were cut off: of a write that nobody was told is done.
    ``unwritable`` is why the file cannot be written to at present, if so; what was read holds all the same.
    """

    values: Mapping[str, Json]
    problem: StorageProblem | None
    cut_off: int
    unwritable: OSError | None


class JournalFile:
    """Holds the newest value of each key, in memory and on disk.

    ``size`` is that of the file in bytes, ``needed`` about what it would take after compaction.
    """

    def __init__(self, path: Path) -> None:
        """Prepare the file at ``path``; nothing is read yet."""
        self._path = path
        self._new = path.with_name(path.name + NEW_SUFFIX)
        self._values: dict[str, bytes] = {}
        self._number = 0
        self._descriptor: int | None = None
        # Whether the file at our path is whole, ours, and known to the last byte: else it is written anew first.
        self._is_sound = False
        # Whether the folder on disk knows the file by its name: else what is written to it could be gone.
        self._is_named = False
        # Whether what could not be written is still, or half, in the file.
        self._has_remains = False
        # Where what cannot be used, or not all of it, must be kept before it is replaced.
        self._aside: Path | None = None
        self.size = 0
        self.needed = 0

    def open(self) -> Opened:
        """Read the file, and make it ready to be appended to.

        Raises ``OSError`` when the disk does not give the file out: then nothing is known about it.
        """
        content = disk.read(self._path)
        found = lines.read(content or b"")
        fault = None if content is None else _fault_of(found)
        self._aside = aside = None if fault is None else path_aside(self._path)
        values = {} if fault is not None and fault[0] is ProblemKind.NEWER else found.values
        self._values = lines.encode(values)
        self.needed = sum(lines.cost(key, value) for key, value in self._values.items())
        self._number = found.number
        self._is_sound = self._is_named = self._has_remains = False
        unwritable = None
        try:
            self._begin(found, is_usable=content is not None and fault is None)
        except OSError as error:
            unwritable = error
        problem = None
        if fault is not None:
            what, detail = fault
            kept_as = str(aside) if self._aside is None else None
            problem = StorageProblem(what=what, file=str(self._path), detail=detail, kept_as=kept_as)
        cut_off = found.torn if fault is None else 0
        return Opened(values=values, problem=problem, cut_off=cut_off, unwritable=unwritable)

    def append(self, changes: Mapping[str, bytes]) -> None:
        """Write encoded changes in one piece, and wait until they are on disk.

        Raises ``OSError``; then they are taken out of the file again, and the next call tries anew. A disk that refuses
        even the taking out is asked again until closing.
        """
        descriptor = self._ready()
        line = lines.record(self._number + 1, changes)
        is_written = False
        try:
            disk.write(descriptor, line)
            is_written = True
            disk.sync_data(descriptor)
        except BaseException:
            # When syncing fails, the kernel forgets what it could not write: nobody knows what this file holds on disk.
            self._is_sound = not is_written
            self._take_back(descriptor)
            raise
        self._number += 1
        self.size += len(line)
        self.needed += lines.apply(self._values, changes)

    def compact(self) -> None:
        """Write what counts into a new file, which then takes the old one's place.

        Raises ``OSError``; then the old one, or already the new one, goes on being used.
        """
        self._write_anew()

    def close(self) -> None:
        """Close the file; append nothing afterwards."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            if self._has_remains:
                self._take_back(descriptor)
            disk.close(descriptor)
        self._is_sound = False

    def _begin(self, found: lines.Contents, *, is_usable: bool) -> None:
        disk.make_folder(self._path.parent)
        # What a compaction left that was killed; the file itself has everything.
        disk.remove(self._new)
        if not is_usable:
            self._write_anew()
            return
        descriptor = self._descriptor = disk.reopen(self._path)
        if found.torn:
            disk.truncate(descriptor, found.end)
        # A killed process may have left in memory only what is about to be believed, and told.
        disk.sync(descriptor)
        self.size = found.end
        self._is_sound = True
        self._name()

    def _ready(self) -> int:
        """Return the file to append to, after mending what an earlier failure left."""
        descriptor = self._descriptor
        if descriptor is None or not self._is_sound or disk.is_deleted(descriptor):
            return self._write_anew()
        self._name()
        return descriptor

    def _write_anew(self) -> int:
        content = lines.snapshot(self._values, self._number)
        descriptor = disk.create(self._new)
        try:
            disk.write(descriptor, content)
            disk.sync(descriptor)
            if self._aside is not None:
                disk.keep(self._path, self._aside)
                disk.sync_folder(self._path.parent)
                self._aside = None
            disk.replace(self._new, self._path)
        except BaseException:
            disk.close(descriptor)
            with suppress(OSError):
                disk.remove(self._new)
            raise
        if self._descriptor is not None:
            disk.close(self._descriptor)
        self._descriptor = descriptor
        self._number += len(self._values)
        self.size = self.needed = len(content)
        self._is_sound, self._is_named, self._has_remains = True, False, False
        self._name()
        return descriptor

    def _name(self) -> None:
        """Make sure that the file will be found under its name; nothing is on disk before."""
        if not self._is_named:
            disk.sync_folder(self._path.parent)
            self._is_named = True

    def _take_back(self, descriptor: int) -> None:
        """Leave nothing in the file of what could not be written."""
        self._has_remains = True
        try:
            disk.truncate(descriptor, self.size)
            disk.sync_data(descriptor)
        except OSError:
            self._is_sound = False
        else:
            self._has_remains = False


def _fault_of(found: lines.Contents) -> tuple[ProblemKind, str] | None:
    """Return what people must know about a file, which is then to be kept aside."""
    if found.version is not None and found.version > lines.VERSION:
        return ProblemKind.NEWER, f"version {found.version} is newer than {lines.VERSION}"
    if found.version is None and found.number == 0:
        return ProblemKind.BROKEN, "it is no journal"
    if found.version is None or found.damaged:
        return ProblemKind.PARTLY_BROKEN, f"broken lines that were left out: {found.damaged}"
    return None
