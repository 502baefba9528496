"""The documented sentences mean in every language what they mean in English, and so does what people say."""

from collections.abc import Iterator
import itertools
from typing import Any, Final
from zoneinfo import ZoneInfo

from hassil import Intents, recognize_all, recognize_best
from hassil.sample import sample_expression
from home_assistant_intents import get_intents
from homeassistant.components.conversation import async_converse
from homeassistant.core import Context, HomeAssistant
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.chat.languages import LANGUAGES
from custom_components.event_hub.engine.chat.wording import Voice
from tests.integration.alarm.kit import House
from tests.source import ROOT

from .kit import Assist

ASKED: Final = {
    "EventHubArm",
    "EventHubDisarm",
    "EventHubIsClosed",
    "EventHubWhatIsOpen",
    "EventHubIsArmed",
    "EventHubLastAlarm",
}
ARM: Final = {
    "de": "schalte den Alarm auf {}",
    "en": "set the alarm to {}",
    "es": "arma la alarma {}",
    "fr": "active l'alarme {}",
    "it": "attiva l'allarme {}",
    "nl": "zet het alarm op {}",
    "pl": "uzbrój alarm {}",
    "pt": "arme o alarme {}",
}
NAME, CODE = "Garage", "2 5 8 0"
MOST_SAMPLES: Final = 300


# What people say, the intent they mean, and what they say along.
SPOKEN: Final[dict[str, list[tuple[str, str, dict[str, str]]]]] = {
    "en": [
        ("Arm the alarm for the night", "Arm", {"mode": "night"}),
        ("Arm home away", "Arm", {"mode": "away"}),
        ("Arm home", "Arm", {"mode": "home"}),
        ("disarm the partition garage with code 2580", "Disarm", {"partition": "garage", "code": "2580"}),
        ("Disarm the alarm, code 2580", "Disarm", {"code": "2580"}),
        ("Disarm with code 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
    ],
    "de": [
        ("Schalte die Alarmanlage auf abwesend", "Arm", {"mode": "away"}),
        ("Schalte den Alarm scharf für die Nacht", "Arm", {"mode": "night"}),
        ("Schalte das Haus auf Abwesenheit", "Arm", {"mode": "away"}),
        ("Alarm auf abwesend", "Arm", {"mode": "away"}),
        ("Schalte den Bereich Garage mit dem Code 2580 unscharf", "Disarm", {"partition": "Garage", "code": "2580"}),
        ("Schalte den Alarm unscharf mit dem Code 2580", "Disarm", {"code": "2580"}),
        ("Schalte das Haus mit Code 2 5 8 0 unscharf", "Disarm", {"code": "2 5 8 0"}),
        ("Ist das Haus scharf?", "IsArmed", {}),
        ("Sind alle Türen und Fenster zu?", "IsClosed", {}),
        ("Ist noch ein Fenster offen?", "WhatIsOpen", {}),
    ],
    "es": [
        ("Arma la alarma para la noche", "Arm", {"mode": "night"}),
        ("activa la alarma en modo ausente, por favor", "Arm", {"mode": "away"}),
        ("Pon la alarma en casa", "Arm", {"mode": "home"}),
        ("arma la partición garaje en modo noche", "Arm", {"partition": "garaje", "mode": "night"}),
        ("Desactiva la alarma con el código 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
        ("¿Está todo cerrado?", "IsClosed", {}),
        ("¿Están todas las puertas y ventanas cerradas?", "IsClosed", {}),
        ("¿Qué ventanas están todavía abiertas?", "WhatIsOpen", {}),
        ("¿Hay alguna puerta abierta?", "WhatIsOpen", {}),
        ("¿Está la alarma armada?", "IsArmed", {}),
        ("¿Cuándo fue la última alarma?", "LastAlarm", {}),
    ],
    "fr": [
        ("Active l'alarme pour la nuit", "Arm", {"mode": "night"}),
        ("Mets l'alarme en mode absence, s'il te plaît", "Arm", {"mode": "away"}),
        ("Active la partition garage en mode présence", "Arm", {"partition": "garage", "mode": "home"}),
        ("Désactive l'alarme avec le code 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
        ("Est-ce que tout est bien fermé ?", "IsClosed", {}),
        ("Est-ce que toutes les fenêtres sont fermées ?", "IsClosed", {}),
        ("Qu'est-ce qui est encore ouvert ?", "WhatIsOpen", {}),
        ("Quelles fenêtres sont ouvertes ?", "WhatIsOpen", {}),
        ("Y a-t-il une porte ouverte ?", "WhatIsOpen", {}),
        ("Est-ce que l'alarme est activée ?", "IsArmed", {}),
        ("L'alarme est-elle armée ?", "IsArmed", {}),
        ("Quand a eu lieu la dernière alarme ?", "LastAlarm", {}),
    ],
    "it": [
        ("Attiva l'allarme per la notte", "Arm", {"mode": "night"}),
        ("Inserisci l'antifurto in modalità fuori casa", "Arm", {"mode": "away"}),
        ("Attiva l'allarme in casa", "Arm", {"mode": "home"}),
        ("Disattiva l'allarme con il codice 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
        ("È tutto chiuso?", "IsClosed", {}),
        ("Sono chiuse tutte le finestre?", "IsClosed", {}),
        ("Cosa c'è di aperto?", "WhatIsOpen", {}),
        ("Quali finestre sono ancora aperte?", "WhatIsOpen", {}),
        ("L'allarme è attivo?", "IsArmed", {}),
        ("Quando è stato l'ultimo allarme?", "LastAlarm", {}),
    ],
    "nl": [
        ("Schakel het alarm in voor de nacht", "Arm", {"mode": "night"}),
        ("Zet het alarm op afwezig", "Arm", {"mode": "away"}),
        ("Schakel de partitie garage in op thuis", "Arm", {"partition": "garage", "mode": "home"}),
        ("Schakel het alarm uit met de code 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
        ("Is alles dicht?", "IsClosed", {}),
        ("Zijn alle deuren en ramen gesloten?", "IsClosed", {}),
        ("Welke ramen staan er nog open?", "WhatIsOpen", {}),
        ("Staat er nog iets open?", "WhatIsOpen", {}),
        ("Is het alarm ingeschakeld?", "IsArmed", {}),
        ("Wanneer was het laatste alarm?", "LastAlarm", {}),
    ],
    "pl": [
        ("Uzbrój alarm na noc", "Arm", {"mode": "night"}),
        ("Włącz alarm w trybie domowym", "Arm", {"mode": "home"}),
        ("Uzbrój alarm poza domem", "Arm", {"mode": "away"}),
        ("Uzbrój partycję garaż na noc", "Arm", {"partition": "garaż", "mode": "night"}),
        ("Rozbrój alarm kodem 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
        ("Czy wszystko jest zamknięte?", "IsClosed", {}),
        ("Czy wszystkie okna są pozamykane?", "IsClosed", {}),
        ("Co jest jeszcze otwarte?", "WhatIsOpen", {}),
        ("Które okna są otwarte?", "WhatIsOpen", {}),
        ("Czy alarm jest uzbrojony?", "IsArmed", {}),
        ("Kiedy był ostatni alarm?", "LastAlarm", {}),
    ],
    "pt": [
        ("Arma o alarme para a noite", "Arm", {"mode": "night"}),
        ("Ative o alarme no modo ausente, por favor", "Arm", {"mode": "away"}),
        ("Arme a partição garagem em modo noite", "Arm", {"partition": "garagem", "mode": "night"}),
        ("Desarme o alarme com o código 2 5 8 0", "Disarm", {"code": "2 5 8 0"}),
        ("Está tudo fechado?", "IsClosed", {}),
        ("As janelas estão todas fechadas?", "IsClosed", {}),
        ("O que é que ainda está aberto?", "WhatIsOpen", {}),
        ("Que janelas estão abertas?", "WhatIsOpen", {}),
        ("O alarme está armado?", "IsArmed", {}),
        ("Quando foi o último alarme?", "LastAlarm", {}),
    ],
}


def documented(language: str) -> dict[str, Any]:
    """Return the file of a language."""
    return load_yaml_dict(str(ROOT / "docs" / "custom_sentences" / language / "event_hub.yaml"))


@pytest.fixture(scope="module", params=sorted(LANGUAGES))
def language(request: pytest.FixtureRequest) -> str:
    """Return each language that people are answered in."""
    said: str = request.param
    return said


@pytest.fixture(scope="module")
def intents() -> dict[str, Intents]:
    """Return the sentences of each language, with the words of courtesy that Home Assistant does not hear."""
    return {each: Intents.from_dict({**documented(each), "skip_words": _skipped(each)}) for each in LANGUAGES}


def _skipped(language: str) -> list[str]:
    known = get_intents(language)
    assert known is not None
    words: list[str] = known["skip_words"]
    return words


def said(intents: Intents) -> Iterator[tuple[str, str]]:
    """Yield what each sentence lets people say, with a name and a code put in, and the intent it stands for."""
    for name, intent in intents.intents.items():
        for data in intent.data:
            for sentence in data.sentences:
                samples = sample_expression(sentence.expression, slot_lists=intents.slot_lists, language="xx")
                for text in itertools.islice(samples, MOST_SAMPLES):
                    filled = text.replace("{event_hub_partition}", NAME).replace("{event_hub_code}", CODE)
                    yield name, filled.strip()


def test_every_language_can_ask_everything(language: str) -> None:
    read = documented(language)
    assert read["language"] == language
    assert set(read["intents"]) == ASKED
    modes = read["lists"]["event_hub_mode"]["values"]
    assert {each["out"] for each in modes} == {mode.value for mode in Mode}


def test_every_sentence_means_what_it_stands_for(language: str, intents: dict[str, Intents]) -> None:
    samples = list(said(intents[language]))
    assert len(samples) > 50
    wrong = {text: meant for name, text in samples if (meant := _meanings(text, intents[language], language)) != {name}}
    assert wrong == {}


def _meanings(text: str, intents: Intents, language: str) -> set[str]:
    assert "{" not in text
    return {result.intent.name for result in recognize_all(text, intents, language=language)}


def test_a_mode_is_said_as_it_is_shown(language: str, intents: dict[str, Intents]) -> None:
    shown = {mode.value: Voice(language=language, zone=ZoneInfo("UTC")).mode(mode) for mode in Mode}
    found = {
        mode: recognize_best(ARM[language].format(name), intents[language], language=language)
        for mode, name in shown.items()
    }
    assert {mode: each and each.entities["mode"].value for mode, each in found.items()} == {
        mode: mode for mode in shown
    }


async def test_what_people_say_is_understood(hass: HomeAssistant, assist: Assist, language: str) -> None:
    assert assist
    meant = [(text, *await _async_meant(hass, text, language)) for text, _, _ in SPOKEN[language]]
    assert meant == SPOKEN[language]


async def _async_meant(hass: HomeAssistant, text: str, language: str) -> tuple[str, dict[str, str]]:
    """Return what Assist takes a text for, among all that it knows itself."""
    result = await async_converse(hass, text, None, Context(), language=language)
    intent = result.response.intent
    if intent is None:
        return "", {}
    slots = {name: str(said["value"]) for name, said in intent.slots.items()}
    return intent.intent_type.removeprefix("EventHub"), slots


@pytest.mark.parametrize(
    ("language", "question", "closed", "arm", "armed"),
    [
        ("es", "¿Está todo cerrado?", "Todo está cerrado.", "arma la alarma en modo noche", "armando (noche)"),
        ("fr", "Tout est fermé ?", "Tout est fermé.", "active l'alarme en mode nuit", "s'active (nuit)"),
        ("it", "È tutto chiuso?", "È tutto chiuso.", "attiva l'allarme per la notte", "attivando (notte)"),
        ("nl", "Is alles dicht?", "Alles is dicht.", "schakel het alarm in op nacht", "ingeschakeld (nacht)"),
        ("pl", "Czy wszystko jest zamknięte?", "Wszystko jest zamknięte.", "uzbrój alarm na noc", "uzbraja się (noc)"),
        ("pt", "Está tudo fechado?", "Está tudo fechado.", "arme o alarme no modo noite", "ficar armado (noite)"),
    ],
)
async def test_assist_answers_in_the_language_it_was_asked_in(
    assist: Assist, house: House, language: str, question: str, closed: str, arm: str, armed: str
) -> None:
    assert await assist.say(question, language=language) == closed
    assert armed in await assist.say(arm, language=language)
    assert house.shown.mode is Mode.NIGHT
