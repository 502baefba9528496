"""What holds for the repository as a whole."""

from importlib import metadata
import json
from pathlib import Path
import re
import shutil

from homeassistant import bootstrap, components
from packaging.requirements import Requirement
import pytest

from devkit.lock import plain_requirements
from devkit.repository import Identity, current, read_text, replace_everywhere, text_files
from tests.source import HUB, ROOT

NEW = Identity.parse("https://github.com/someone/their-hub", "@someone-else")
# Written in halves, or this file would be the first to be found.
HOSTS = re.compile(
    "|".join(("pypi" + r"\.org", "python" + r"hosted\.org", "npm" + r"js\.org", "deb\\.deb" + r"ian\.org"))
    + r"|(^|\s)--(extra-)?index"
    + r"-url\b|--find"
    + r"-links\b|https?://[\w.-]*(mirror|artifactory|nexus)[\w.-]*\.\w"
)
MACHINE_PATHS = re.compile(r"(?<![\w.:/~$}*-])/(root|work|farm|tmp|home/\w+|Users/\w+)/[\w.]")
# What a Home Assistant with our integration, its brokers, a frontend and Telegram loads besides its defaults.
LOADED = {"history", "logbook", "mqtt", "panel_custom", "recorder", "telegram_bot", "zeroconf"}

TEXTS = {path: text for path in text_files(ROOT) if (text := read_text(path)) is not None}


def lines_with(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return the lines in which the pattern is found."""
    return [line for line in text.splitlines() if pattern.search(line)]


def name(value: object) -> str | None:
    """Name a case by its file."""
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else None


def manifest() -> dict[str, object]:
    """Return our manifest."""
    content: dict[str, object] = json.loads((HUB / "manifest.json").read_text(encoding="utf-8"))
    return content


def requirements_of(domains: set[str]) -> set[str]:
    """Return what these components and those they depend on ask for."""
    folder = Path(components.__path__[0])
    seen: set[str] = set()
    wanted: set[str] = set()
    waiting = set(domains)
    while waiting:
        domain = waiting.pop()
        seen.add(domain)
        facts = json.loads((folder / domain / "manifest.json").read_text(encoding="utf-8"))
        wanted.update(facts.get("requirements", ()))
        waiting |= set(facts.get("dependencies", ())) - seen
    return wanted


def missing(requirements: set[str]) -> list[str]:
    """Return those that are not installed in a version that will do."""
    found = []
    for text in sorted(requirements):
        requirement = Requirement(text)
        try:
            met = metadata.version(requirement.name) in requirement.specifier
        except metadata.PackageNotFoundError:
            met = False
        if not met:
            found.append(text)
    return found


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_a_file_names_no_package_index_or_mirror(path: Path) -> None:
    assert lines_with(HOSTS, TEXTS[path]) == []


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_a_file_names_no_path_of_one_machine(path: Path) -> None:
    assert lines_with(MACHINE_PATHS, TEXTS[path]) == []


@pytest.mark.parametrize(
    "host", ["https://pypi" + ".org/simple", " --index" + "-url x", "https://mirror" + ".example.com/"]
)
def test_a_package_index_is_noticed(host: str) -> None:
    assert lines_with(HOSTS, f"first\n{host}") == [host]


@pytest.mark.parametrize("path", ["/ro" + "ot/.cache", "see /wo" + "rk/main", '"/ho' + 'me/me/hub"'])
def test_a_path_of_one_machine_is_noticed(path: str) -> None:
    assert lines_with(MACHINE_PATHS, f"first\n{path}") == [path]


def test_the_repository_has_one_address() -> None:
    ours = current(ROOT)
    found = {
        owner for text in TEXTS.values() for owner in re.findall(rf"github\.com/([\w.-]+)/{ours.name}(?![\w-])", text)
    }
    assert found - {NEW.owner} == {ours.owner}


def test_the_manifest_points_to_the_repository() -> None:
    ours, facts = current(ROOT), manifest()
    assert str(facts["documentation"]).startswith(ours.address)
    assert facts["issue_tracker"] == f"{ours.address}/issues"
    assert facts["codeowners"] == [f"@{ours.code_owner}"]


def test_another_address_leaves_nothing_of_the_old(tmp_path: Path) -> None:
    for path in TEXTS:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    old = current(ROOT)
    replace_everywhere(tmp_path, NEW)
    assert current(tmp_path) == NEW
    left = [
        str(path) for path in text_files(tmp_path) if re.search(rf"{old.owner}|{old.code_owner}", read_text(path) or "")
    ]
    assert left == []


def test_only_an_address_of_a_repository_is_taken() -> None:
    with pytest.raises(ValueError, match="owner/name"):
        Identity.parse("https://github.com/someone", "@someone")


@pytest.mark.parametrize("owner", ["", "@", "two words", "me@example.org"])
def test_only_a_name_is_taken_as_code_owner(owner: str) -> None:
    with pytest.raises(ValueError, match="@owner"):
        Identity.parse("https://github.com/someone/hub", owner)


def test_a_team_may_be_the_code_owner() -> None:
    assert Identity.parse("https://github.com/someone/hub", "@someone/team").code_owner == "someone/team"


def test_pip_users_get_the_versions_that_are_locked() -> None:
    assert (ROOT / "requirements_test.txt").read_text(encoding="utf-8") == plain_requirements(ROOT)


def test_what_is_locked_is_what_is_wanted() -> None:
    locked = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    wanted = (ROOT / "requirements/dev.in").read_text(encoding="utf-8").splitlines()
    pins = [re.sub(r"\[.*?\]", "", line) for line in wanted if "==" in line]
    assert [pin for pin in pins if f"\n{pin.lower()} \\" not in locked] == []


def test_every_locked_package_is_known_by_its_hash() -> None:
    packages = re.split(r"\n(?=\w)", (ROOT / "requirements/dev.txt").read_text(encoding="utf-8"))[1:]
    assert [text.splitlines()[0] for text in packages if "--hash=sha256:" not in text] == []


def test_home_assistant_has_nothing_to_download_at_its_first_start() -> None:
    assert missing(requirements_of(LOADED | bootstrap.DEFAULT_INTEGRATIONS)) == []


def test_a_package_that_is_missing_is_noticed() -> None:
    assert missing({"pytest", "pytest==0.1", "no-such-package-at-all==1"}) == [
        "no-such-package-at-all==1",
        "pytest==0.1",
    ]


def test_what_the_manifest_asks_for_is_installed() -> None:
    asked = manifest()["requirements"]
    assert isinstance(asked, list)
    assert missing(set(asked)) == []


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").iterdir()), ids=name)
def test_a_script_can_be_run(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    assert script.read_bytes().startswith(b"#!")
