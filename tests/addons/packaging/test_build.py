"""What is built, when, and by what."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
import os
from pathlib import Path
import subprocess
import sys
from typing import override

import pytest

from devkit.addons import build as building
from devkit.addons.buildah import OVERLAY, PLAIN, command, works_on
from devkit.addons.docker import docker_works
from devkit.addons.engine import Engine, ImageFacts, NoEngineError, Start, facts_of, find_process
from devkit.bootstrap.shell import SetupError


class Notebook(Engine):
    """Writes down what it is told to build."""

    name = "a notebook"

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.built: list[str] = []

    @override
    def build(self, folder: Path, image: str, *, digest: str) -> None:
        self.built.append(image)
        self.images[image] = digest

    @override
    def facts(self, image: str) -> ImageFacts | None:
        digest = self.images.get(image)
        return None if digest is None else ImageFacts(command=(), health=(), digest=digest)

    @override
    def prepared(self, start: Start) -> AbstractContextManager[list[str]]:
        raise NotImplementedError

    @override
    def inside(self, start: Start, words: tuple[str, ...]) -> list[str]:
        raise NotImplementedError

    @override
    def first_process(self, start: Start, runner: int) -> int | None:
        raise NotImplementedError

    @override
    def signal(self, start: Start, pid: int, number: int) -> None:
        raise NotImplementedError


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "doorman"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    return folder


def test_an_image_is_built_again_only_when_its_files_have_changed(app: Path) -> None:
    engine = Notebook()
    image = building.build_app(engine, app)
    assert building.build_app(engine, app) == image == "localhost/event_hub_doorman:latest"
    assert engine.built == [image]
    (app / "Dockerfile").write_text("FROM debian\n", encoding="utf-8")
    building.build_app(engine, app)
    assert engine.built == [image, image]


def test_an_image_may_be_built_again_all_the_same(app: Path) -> None:
    engine = Notebook()
    building.build_app(engine, app)
    building.build_app(engine, app, again=True)
    assert len(engine.built) == 2


def test_a_file_that_moves_changes_the_digest(app: Path) -> None:
    before = building.digest_of(app)
    (app / "Dockerfile").rename(app / "Containerfile")
    assert building.digest_of(app) != before


def test_an_app_that_does_not_exist_is_named() -> None:
    with pytest.raises(SetupError, match=r"There is no app doorman\. There is .*remote_monitor"):
        building.build(["doorman"])


def test_somebody_who_can_do_neither_is_told_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "docker_works", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoEngineError, match="run this as root"):
        building.find_engine()


@pytest.mark.parametrize(("driver", "works"), [(OVERLAY, False), (PLAIN, True)])
def test_images_are_kept_in_the_way_that_the_disk_allows(
    driver: str, works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "buildah"
    program.write_text("#!/bin/sh\ncase \"$*\" in *'--storage-driver overlay'*) exit 125;; esac\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert works_on(driver, tmp_path) is works


def test_each_way_keeps_its_images_apart_from_the_others(tmp_path: Path) -> None:
    assert set(command(OVERLAY, tmp_path)) & set(command(PLAIN, tmp_path)) == {
        "buildah",
        "--root",
        "--runroot",
        "--storage-driver",
    }


def test_a_docker_command_without_an_engine_is_no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert not docker_works()


def test_an_image_tells_how_it_is_started_and_asked_for_its_health() -> None:
    facts = facts_of(
        {
            "Entrypoint": None,
            "Cmd": ["python", "-m", "doorman"],
            "Healthcheck": {"Test": ["CMD", "python", "-c", "pass"]},
            "Labels": {"event_hub.digest": "abc"},
        }
    )
    assert facts == ImageFacts(command=("python", "-m", "doorman"), health=("python", "-c", "pass"), digest="abc")
    assert facts_of({"Cmd": ["sh"]}) == ImageFacts(command=("sh",), health=(), digest="")


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[bytes], tuple[str, ...]]]:
    """Run a program that runs another and waits for it."""
    child = (sys.executable, "-c", "import sys; sys.stdin.read()")
    script = f"import subprocess; subprocess.run({child!r})"
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    yield parent, child
    assert parent.stdin
    parent.stdin.close()
    parent.wait(60)


def test_a_process_is_found_among_the_descendants_of_another(
    family: tuple[subprocess.Popen[bytes], tuple[str, ...]],
) -> None:
    parent, child = family
    while (found := find_process(parent.pid, child)) is None:
        assert parent.poll() is None
    assert found not in {parent.pid, os.getpid()}
    assert find_process(found, ("no", "such", "words")) is None
