"""Ann is answered in her language, and understood in it, modes of two words included."""

import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from tests.integration.alarm.kit import ANN, ANNS_CODE, WINDOW, House

from .kit import Talk


@pytest.mark.parametrize(
    ("language", "arm", "arming", "window", "disarmed"),
    [
        (
            "es",
            "/arm en casa",
            "La alarma de Home se está armando (en casa). Sal antes de las ",
            "Abierto: Window.",
            "La alarma de Home está desarmada.",
        ),
        (
            "fr",
            "/arm présence",
            "L'alarme Home s'active (présence). Sortez avant ",
            "Ouvert : Window.",
            "L'alarme Home est désactivée.",
        ),
        (
            "it",
            "/arm in casa",
            "L'allarme di Home si sta attivando (in casa). Esci prima delle ",
            "Aperto: Window.",
            "L'allarme di Home è disattivato.",
        ),
        (
            "nl",
            "/arm thuis",
            "Het alarm van Home wordt ingeschakeld (thuis). Vertrek vóór ",
            "Window staat open.",
            "Het alarm van Home is uitgeschakeld.",
        ),
        (
            "pl",
            "/arm w domu",
            "Alarm „Home” uzbraja się (w domu). Wyjdź przed ",
            "Otwarte: Window.",
            "Alarm „Home” jest rozbrojony.",
        ),
        (
            "pt-BR",
            "/arm em casa",
            "O alarme de Home vai ficar armado (em casa). Saia antes das ",
            "Aberto: Window.",
            "O alarme de Home está desarmado.",
        ),
    ],
)
async def test_the_house_is_armed_asked_and_disarmed_in_every_language(
    talk: Talk, house: House, language: str, arm: str, arming: str, window: str, disarmed: str
) -> None:
    talk.hass.config.language = language
    assert (await talk.ask(arm)).startswith(arming)
    assert house.shown.mode is Mode.HOME
    assert await talk.ask(f"/disarm {ANNS_CODE}") == disarmed
    await house.opens(WINDOW)
    assert window in (await talk.ask("/status")).splitlines()


async def test_what_keeps_anybody_from_arming_is_told_in_every_language(talk: Talk, house: House) -> None:
    await house.desk.async_remove_user(ANN.user_id)
    await house.told()
    talk.hass.config.language = "fr"
    answer = (await talk.ask("/status")).splitlines()
    assert answer[1].startswith("Personne ne pourrait ensuite désactiver Home.")
