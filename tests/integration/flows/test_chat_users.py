"""Who may command the hub in a chat, among the options."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.chat_users import chat_users, may_command

from .kit import entry_of, fields
from .test_quiet_hours import answer, ask_for

ANN, BEN, FAMILY = 1001, 1002, -77


async def test_nobody_may_until_somebody_is_chosen(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    assert chat_users(entry) == frozenset()
    assert fields(await ask_for(hass, entry, "chat")) == {"chat_users": []}


async def test_people_and_groups_are_chosen_by_their_numbers(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    result = await answer(hass, await ask_for(hass, entry, "chat"), {"chat_users": [str(ANN), f" {FAMILY} ", str(ANN)]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["chat_users"] == [ANN, FAMILY]
    assert fields(await ask_for(hass, entry, "chat")) == {"chat_users": [str(ANN), str(FAMILY)]}


@pytest.mark.parametrize("wrong", ["@ann", "", "0", "1.5", "9" * 30])
async def test_what_is_no_number_of_telegrams_is_refused(hass: HomeAssistant, wrong: str) -> None:
    entry = entry_of(hass, mqtt=True)
    form = await answer(hass, await ask_for(hass, entry, "chat"), {"chat_users": [wrong]})
    assert form["errors"] == {"chat_users": "invalid_chat"}
    assert entry.options == {}


async def test_the_chats_of_the_bot_are_offered(hass: HomeAssistant) -> None:
    bot = MockConfigEntry(
        domain="telegram_bot",
        subentries_data=[
            {"data": {"chat_id": ANN}, "subentry_type": "allowed_chat_ids", "title": "Ann", "unique_id": str(ANN)}
        ],
    )
    bot.add_to_hass(hass)
    form = await ask_for(hass, entry_of(hass, mqtt=True), "chat")
    assert form["data_schema"] is not None
    (selector,) = form["data_schema"].schema.values()
    assert selector.config["options"] == [{"value": str(ANN), "label": f"Ann ({ANN})"}]


@pytest.mark.parametrize("kept", [None, "ann", [None, "1001"], {}])
async def test_what_makes_no_sense_allows_nobody(hass: HomeAssistant, kept: object) -> None:
    assert chat_users(entry_of(hass, options={"chat_users": kept}, mqtt=True)) == frozenset()


@pytest.mark.parametrize(
    ("user_id", "chat_id", "may"),
    [
        (ANN, ANN, True),
        (ANN, FAMILY, True),
        (BEN, FAMILY, False),
        (BEN, BEN, False),
        (ANN, BEN, False),
        (None, FAMILY, False),
        (FAMILY, FAMILY, False),
        (None, None, False),
    ],
)
def test_who_writes_and_where_both_count(user_id: int | None, chat_id: int | None, may: bool) -> None:
    assert may_command(frozenset({ANN, FAMILY}), user_id=user_id, chat_id=chat_id) is may
