"""What an import says, it says in every language: the same sentences, with the same things filled in."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from string import Formatter

import pytest

from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.engine.telling.model import Channel
from custom_components.event_hub.engine.times.schedules import Weekday
from custom_components.event_hub.importing.document import OPTIONS
from custom_components.event_hub.importing.languages import LANGUAGES, says_of
from custom_components.event_hub.importing.languages.en import EN
from custom_components.event_hub.importing.legacy_model import OddValue
from custom_components.event_hub.importing.plan import plan
from custom_components.event_hub.importing.portable import plan_yaml
from custom_components.event_hub.importing.wording import Wording
from tests.engine.kit import Engine

from .kit import LATER, door, left_out, read, siren, texts

OTHERS = sorted(LANGUAGES.keys() - {"en"})


def parts(value: object) -> dict[str, object]:
    """Return what a part of a language has, by name."""
    if isinstance(value, Mapping):
        return dict(value)
    return {each.name: getattr(value, each.name) for each in fields(value)} if is_dataclass(value) else {}


def sentences(value: object, path: str = "") -> dict[str, str]:
    """Return every sentence by where it stands."""
    if isinstance(value, str):
        return {path: value}
    found: dict[str, str] = {}
    for name, part in parts(value).items():
        found |= sentences(part, f"{path}.{name}")
    return found


def filled_in(text: str) -> list[str]:
    """Return what is filled in."""
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_the_same_things_and_fills_in_the_same(language: str) -> None:
    here, english = sentences(LANGUAGES[language]), sentences(EN)
    assert here.keys() == english.keys()
    assert {name: filled_in(text) for name, text in here.items()} == {
        name: filled_in(text) for name, text in english.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_empty_or_open(language: str) -> None:
    for name, text in sentences(LANGUAGES[language]).items():
        assert text.strip(), name
        assert text.isprintable(), name
    whole = sentences(LANGUAGES[language].leaves_out)
    assert [name for name, text in whole.items() if not text.endswith((".", "{note}"))] == [".unknown"]


@pytest.mark.parametrize("language", OTHERS)
def test_another_language_is_not_english(language: str) -> None:
    english = sentences(EN)
    same = [name for name, text in sentences(LANGUAGES[language]).items() if len(text) > 12 and text == english[name]]
    assert [name for name in same if not filled_in(english[name])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_day_and_oddity_has_its_words(language: str) -> None:
    says = LANGUAGES[language]
    named = {*InputRule.__dataclass_fields__, *OPTIONS, *Channel.__dataclass_fields__} - {
        "params",
        "channel_id",
        "name",
    }
    assert named <= says.words.settings.keys() | says.words.flags.keys()
    flags = {each.name for each in (*fields(InputRule), *fields(Channel)) if each.type is bool}
    assert flags == says.words.flags.keys()
    assert says.words.measures.keys() <= says.words.settings.keys()
    assert set(says.words.days) == {day.value for day in Weekday}
    assert {each.value for each in OddValue} <= parts(says.odd).keys()


@pytest.mark.parametrize(("wanted", "found"), [("de", "de"), ("de-CH", "de"), ("fr", "en"), ("en-GB", "en")])
def test_a_language_that_nobody_here_speaks_is_english(wanted: str, found: str) -> None:
    assert says_of(wanted) is LANGUAGES[found]


def test_a_plan_is_in_the_language_asked_for(tmp_path: Path) -> None:
    row = door(trigger_latch_duration=-5, device_enabled=1)
    legacy = read(tmp_path / "old.db", LATER, {"input_config": [row], "output_config": [siren(trigger_interval=3)]})
    wanted = plan(legacy, Engine().state, "de")
    assert texts(wanted) == [
        "„Front Door“ kommt als Eingang hinzu, noch bevor sein Gerät sich meldet",
        "„Garage Siren“ kommt als Ausgang hinzu, noch bevor sein Gerät sich meldet",
        "„Front Door“ wird eingeschaltet",
        "„Garage Siren“ bekommt: Mindestabstand der Befehle 3 s (bisher 0 s)",
    ]
    assert left_out(wanted) == "input_config, Zeile 1, trigger_latch_duration: nicht von 0 bis 86400."
    text = "event_hub: 1\ninputs: {Bell: {rule: {latch: 2.5}, schedule: {spans: [{days: [mon], enable_at: '22:30'}]}}}"
    assert texts(plan_yaml(text, Engine().state, language="de"))[1:] == [
        "„Bell“ bekommt einen Zeitplan: ein um 22:30, am Mo",
        "„Bell“ bekommt die Regel: Sperrzeit 2,5 s (bisher 60 s)",
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "latch 300 s (was 60 s); unit “kWh” (was none); time to escalation 600 s (was none); people are not told",
        ),
        (
            "de",
            (
                "Sperrzeit 300 s (bisher 60 s); Einheit „kWh“ (bisher nichts); "
                "Zeit bis zur Eskalation 600 s (bisher nichts); Personen werden nicht benachrichtigt"
            ),
        ),
    ],
)
def test_a_rule_is_said_with_its_units(language: str, said: str) -> None:
    rule = "{latch: 300, unit: kWh, escalate_after: 600, notify: false}"
    wanted = plan_yaml(f"event_hub: 1\ninputs: {{Door: {{rule: {rule}}}}}", Engine().state, language=language)
    assert texts(wanted)[-1].partition(": ")[2] == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "no high limit any more (was 10)"), ("de", "obere Grenze entfällt (bisher 10)")],
)
def test_a_setting_that_is_taken_away_is_said_as_that(language: str, said: str) -> None:
    wording = Wording(says_of(language))
    assert wording.rule(InputRule(high=10), InputRule()) == said
    assert wording.settings({"topics": ("alarm",)}, {"topics": ()}).endswith("alarm)")
