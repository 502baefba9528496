"""What an app's image is made of, read without building it."""

from importlib import metadata
from pathlib import Path
import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image
import pytest

from .kit import APPS, app_name, config_of, pins_of, text_of

every_app = pytest.mark.parametrize("app", APPS, ids=app_name)


def instructions(dockerfile: str) -> list[list[str]]:
    """Return the instructions of a Dockerfile, each as its words."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    return [line.split() for line in joined.splitlines() if line.strip()]


def left_out(app: Path) -> set[str]:
    """Return the packages that an app does without, although what it needs asks for them."""
    file = app / "requirements.overrides"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {canonicalize_name(Requirement(line).name) for line in lines if line and not line.startswith("#")}


@every_app
def test_every_image_begins_with_the_base_that_may_be_chosen(app: Path) -> None:
    words = instructions(text_of(app, "Dockerfile"))
    assert words[0] == ["ARG", "BUILD_FROM=debian:trixie-slim"]
    assert [line for line in words if line[0] == "FROM"] == [["FROM", "${BUILD_FROM}"]]


@every_app
def test_what_is_installed_is_known_by_its_hash(app: Path) -> None:
    installs = [
        line for line in instructions(text_of(app, "Dockerfile")) if any(word.endswith("/pip") for word in line)
    ]
    assert len(installs) == 1
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(installs[0])
    packages = re.split(r"\n(?=\w)", text_of(app, "requirements.txt"))[1:]
    assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []


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
    shipped = pins_of(text_of(app, "requirements.txt"))
    assert shipped
    assert {name: metadata.version(name) for name in shipped} == shipped


@every_app
def test_everything_that_is_wanted_is_locked(app: Path) -> None:
    wanted = [line for line in text_of(app, "requirements.in").splitlines() if line and not line.startswith("#")]
    assert {canonicalize_name(Requirement(line).name) for line in wanted} <= set(
        pins_of(text_of(app, "requirements.txt"))
    )


@every_app
def test_what_packages_need_is_shipped_but_for_what_is_left_out_on_purpose(app: Path) -> None:
    shipped = set(pins_of(text_of(app, "requirements.txt")))
    needed = {
        canonicalize_name(requirement.name)
        for package in shipped
        for requirement in map(Requirement, metadata.requires(package) or ())
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
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
    if config_of(app).get("devices"):
        assert "/dev/i2c-[0-9]* rw," in profile
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
