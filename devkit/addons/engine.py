"""What builds images of the apps and runs them: Docker where it works, else buildah."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from devkit.bootstrap.shell import SetupError

DIGEST_LABEL: Final = "event_hub.digest"


class NoEngineError(SetupError):
    """This machine can neither build nor run containers; the text says what it would take."""


class ContainerError(RuntimeError):
    """A container did not start or did not end as it should; the text has the end of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What an image says of itself: the words that start it, those that ask for its health, and its digest."""

    command: tuple[str, ...]
    health: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How to start a container. ``mounts`` are the host's folders by their place inside, all writable."""

    image: str
    name: str
    mounts: Mapping[str, Path]
    environment: Mapping[str, str] = field(default_factory=dict)


class Engine(ABC):
    """Builds and runs images. Containers share the network of the machine, so that they reach brokers on loopback."""

    name: ClassVar[str]

    @abstractmethod
    def build(self, folder: Path, image: str, *, digest: str) -> None:
        """Build the folder's Dockerfile; the image is labelled with ``digest``. Raises ``SetupError``."""

    @abstractmethod
    def facts(self, image: str) -> ImageFacts | None:
        """Return what an image says of itself, or ``None`` if there is no such image."""

    @abstractmethod
    def prepared(self, start: Start) -> AbstractContextManager[list[str]]:
        """Return the words that run a container in the foreground; leaving removes what was made for it."""

    @abstractmethod
    def inside(self, start: Start, words: tuple[str, ...]) -> list[str]:
        """Return the words that run a program in a container that runs."""

    @abstractmethod
    def first_process(self, start: Start, runner: int) -> int | None:
        """Return a process that the container's are descendants of; ``runner`` is what runs it in the foreground."""

    @abstractmethod
    def signal(self, start: Start, pid: int, number: int) -> None:
        """Send the app a signal; ``pid`` is the app's process on the machine."""


def facts_of(config: Mapping[str, object]) -> ImageFacts:
    """Read the configuration of an image, as Docker's image format has it."""
    health = config.get("Healthcheck")
    test = health.get("Test", []) if isinstance(health, dict) else []
    return ImageFacts(
        command=(*_words(config.get("Entrypoint")), *_words(config.get("Cmd"))),
        health=_words(test)[1:] if _words(test)[:1] == ("CMD",) else (),
        digest=_labels(config).get(DIGEST_LABEL, ""),
    )


def find_process(top: int, command: tuple[str, ...]) -> int | None:
    """Return the descendant of ``top`` that was started with these words, or ``None`` while there is none."""
    name, *others = command
    for pid in descendants(top):
        program, *words = _arguments(pid)
        # Engines look a program up and start it by its whole path.
        if words == others and Path(program).name == Path(name).name:
            return pid
    return None


def _labels(config: Mapping[str, object]) -> dict[str, str]:
    labels = config.get("Labels")
    return labels if isinstance(labels, dict) else {}


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def descendants(top: int) -> Iterator[int]:
    """Yield a process and all that came from it, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    waiting = [top]
    while waiting:
        pid = waiting.pop(0)
        yield pid
        waiting += children.get(pid, [])


def _parent(process: Path) -> int | None:
    try:
        # The name in brackets may hold anything, so what counts comes after the last of them.
        return int((process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except OSError, IndexError:
        return None


def _arguments(pid: int) -> tuple[str, ...]:
    try:
        text = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ("",)
    return tuple(text.removesuffix("\0").split("\0"))
