"""The documentation names everything that people may meet: it is checked against the code."""

from collections.abc import Callable, Iterable
import inspect
from pathlib import Path
import re

from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.event_hub.alarm_bus import EVENT_ALARM, EVENT_OUTSIDE
from custom_components.event_hub.engine.alarm.model import Mode, ZoneKind
from custom_components.event_hub.engine.alarm.problems import Fault, Problem
from custom_components.event_hub.engine.model import OutputReason, Reason
from custom_components.event_hub.keypad_answers import named_zones
from custom_components.event_hub.mqtt_keypad import MqttKeypads, state_of
from custom_components.event_hub.storage.journal import JOURNAL, TELLING_JOURNAL
from tests.source import HUB, ROOT

from .alarm_types import TYPES

DOCS = ROOT / "docs"
WORD = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PAGES = sorted((*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"))
# They stand for a fault of ours in a registry: nobody meets them.
UNMET = frozenset({OutputReason.UNKNOWN_OUTPUT})


def text_of(page: str) -> str:
    """Return a page of the documentation."""
    return (DOCS / page).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """Return one section of a page, without its title."""
    found = re.split(r"^## ", text_of(page), flags=re.MULTILINE)
    (body,) = [part for part in found if part.startswith(f"{title}\n")]
    return body.removeprefix(title)


def names_in(text: str) -> set[str]:
    """Return the words and the parts of lists that stand in backquotes."""
    return {part.strip() for word in WORD.findall(text) for part in (word, *word.split(","))}


def missing(wanted: Iterable[str], text: str) -> list[str]:
    """Return what of it a text does not name."""
    return sorted({str(each) for each in wanted} - names_in(text))


def anchors_of(text: str) -> set[str]:
    """Return the addresses of a page's titles."""
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_action_is_listed() -> None:
    actions = load_yaml_dict(str(HUB / "services.yaml"))
    assert len(actions) > 30
    assert missing(actions, section("using.md", "All actions")) == []


def test_every_decision_s_reason_is_explained() -> None:
    text = section("using.md", "What happens with an event")
    assert missing((*Reason, *(set(OutputReason) - UNMET)), text) == []


def test_every_type_of_the_alarm_s_event_is_listed() -> None:
    assert missing((EVENT_ALARM, EVENT_OUTSIDE, *TYPES), section("alarm.md", "Events")) == []


def test_every_kind_of_zone_and_every_mode_is_named() -> None:
    assert missing(ZoneKind, section("alarm.md", "Setting it up")) == []
    assert missing(Mode, text_of("alarm.md")) == []


def test_every_problem_and_fault_of_a_zone_is_named() -> None:
    assert missing((*Problem, *Fault), section("alarm.md", "Arming")) == []


@pytest.mark.parametrize(
    "file", ["event_hub.registry", "event_hub.status", JOURNAL, TELLING_JOURNAL, "activity.db", "images/", "told/"]
)
def test_every_file_that_is_kept_is_told_with_its_place_and_whether_it_is_in_the_backup(file: str) -> None:
    lines = [line for line in section("using.md", "What is kept where").splitlines() if file in line]
    assert lines
    assert all(line.rstrip(" |").endswith("yes") for line in lines)


@pytest.mark.parametrize("function", [state_of, named_zones, MqttKeypads._answer])
def test_keypads_are_told_what_the_wire_protocol_says(function: Callable[..., object]) -> None:
    told = re.findall(r'"([a-z_]+)": ', inspect.getsource(function))
    text = text_of("wire-protocol.md")
    assert told
    assert [name for name in told if f'"{name}"' not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_s_links_lead_somewhere(page: Path) -> None:
    found = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    broken = []
    for link in found:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        there = target.exists() and (not anchor or anchor in anchors_of(target.read_text(encoding="utf-8")))
        if not there:
            broken.append(link)
    assert broken == []
