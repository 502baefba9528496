"""What an app's image is made of, read without building it."""

from importlib import metadata
from itertools import pairwise
from pathlib import Path
import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image
import pytest

from .kit import (
    APPS,
    app_name,
    commands_of,
    config_of,
    instructions,
    pins_of,
    shipped_of,
    taken_out,
    text_of,
    wanted_of,
)

every_app = pytest.mark.parametrize("app", APPS, ids=app_name)


def left_out(app: Path) -> set[str]:
    """Return the packages that an app does without, although what it needs asks for them."""
    file = app / "requirements.overrides"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {canonicalize_name(Requirement(line).name) for line in lines if line and not line.startswith("#")}


def needs_of(package: str) -> set[str]:
    """Return the packages that one asks for, without its extras."""
    return {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, metadata.requires(package) or ())
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }


def values_of(option: str, words: list[str]) -> set[str]:
    """Return what comes after an option, wherever it stands."""
    return {after for word, after in pairwise(words) if word == option}


@every_app
def test_every_image_begins_with_the_base_that_may_be_chosen(app: Path) -> None:
    words = instructions(text_of(app, "Dockerfile"))
    assert words[0] == ["ARG", "BUILD_FROM=debian:trixie-slim"]
    assert [line for line in words if line[0] == "FROM"] == [["FROM", "${BUILD_FROM}"]]


@every_app
def test_what_is_installed_is_known_by_its_hash(app: Path) -> None:
    commands = commands_of(text_of(app, "Dockerfile"))
    installs = [words for words in commands if words[0].endswith("/pip") and words[1] == "install"]
    assert installs
    for words in installs:
        assert {"--require-hashes", "--no-deps", "--only-binary", "--requirement"} <= set(words)
        # What is built from source must fetch nothing that builds it: that would be known by no hash.
        assert ("--no-binary" in words) == ("--no-build-isolation" in words)
    packages = re.split(r"\n(?=\w)", text_of(app, "requirements.txt"))[1:]
    assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []


@every_app
def test_what_is_built_from_source_is_what_the_lock_has_as_source(app: Path) -> None:
    words = [word for command in commands_of(text_of(app, "Dockerfile")) for word in command]
    wanted = text_of(app, "requirements.in").split()
    assert values_of("--no-binary", words) == values_of("--no-binary", wanted)


@every_app
def test_what_is_taken_out_again_was_only_to_build(app: Path) -> None:
    gone = taken_out(text_of(app, "Dockerfile"))
    assert gone <= {"pip", "setuptools"}
    assert gone & {name for package in shipped_of(app) for name in needs_of(package)} == set()


@every_app
def test_an_app_starts_by_reading_the_options_and_says_how_it_is(app: Path) -> None:
    words = instructions(text_of(app, "Dockerfile"))
    command = " ".join(next(line for line in words if line[0] == "CMD")[1:])
    assert command == '["sh", "/opt/event_hub/run.sh"]'
    assert f"python -m {app.name} --options /data/options.json" in text_of(app, "run.sh")
    health = " ".join(next(line for line in words if line[0] == "HEALTHCHECK"))
    assert "'127.0.0.1', 8099" in health
    assert "/health" in health


@every_app
def test_the_tests_run_with_the_versions_that_are_shipped(app: Path) -> None:
    shipped = shipped_of(app)
    assert shipped
    assert {name: metadata.version(name) for name in shipped} == shipped


@every_app
def test_everything_that_is_wanted_is_locked(app: Path) -> None:
    wanted = {canonicalize_name(Requirement(line).name) for line in wanted_of(text_of(app, "requirements.in"))}
    assert wanted
    assert wanted <= set(pins_of(text_of(app, "requirements.txt")))


@every_app
def test_what_packages_need_is_shipped_but_for_what_is_left_out_on_purpose(app: Path) -> None:
    shipped = set(shipped_of(app))
    needed = {name for package in shipped for name in needs_of(package)}
    assert needed - shipped <= left_out(app)
    assert shipped & left_out(app) == set()


@every_app
def test_the_profile_lets_the_app_reach_what_it_is_given_and_no_more(app: Path) -> None:
    profile = text_of(app, "apparmor.txt")
    assert (
        len(re.findall(r"^profile \w+ flags=\(attach_disconnected,mediate_deleted\) \{$", profile, re.MULTILINE)) == 1
    )
    assert profile.count("{") - profile.count("@{") - profile.count("/{,usr/}") == 1
    assert "/data/** rwk," in profile
    assert ("/dev/i2c-[0-9]* rw," in profile) == ("devices" in config_of(app))
    for folder in config_of(app)["map"]:
        assert f"/{folder['type']}/** {'r' if folder['read_only'] else 'rwk'}," in profile
    assert not re.search(r"^\s*(file|capability|network),", profile, re.MULTILINE)
    assert "sys_admin" not in profile


@every_app
@pytest.mark.parametrize(("name", "size"), [("icon.png", (128, 128)), ("logo.png", (250, 100))])
def test_a_picture_has_the_size_that_home_assistant_asks_for(app: Path, name: str, size: tuple[int, int]) -> None:
    with Image.open(app / name) as picture:
        assert picture.format == "PNG"
        assert picture.size == size
        assert picture.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)
    assert (app / name).stat().st_size < 20_000
