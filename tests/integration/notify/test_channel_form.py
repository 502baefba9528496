"""What the forms of channels offer."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.kit import Home

from .kit import receiver
from .test_channels import USUAL, answer, begin


async def offered(home: Home) -> list[dict[str, str]]:
    """Return which phones the form offers."""
    form: Any = await answer(home, await begin(home, "mobile_app"), {**USUAL, "name": " "})
    fields = form["data_schema"].schema
    options: list[dict[str, str]] = fields["target"].config["options"]
    return options


async def test_the_kinds_that_carry_most_come_first(home: Home) -> None:
    flows = home.hass.config_entries.subentries
    menu: Any = await flows.async_init((home.entry.entry_id, "channel"), context={"source": SOURCE_USER})
    assert menu["menu_options"] == ["mobile_app", "telegram", "notify_entity", "action"]


async def test_phones_are_offered_by_the_name_that_people_gave_them(home: Home, hass: HomeAssistant) -> None:
    MockConfigEntry(domain="mobile_app", title="Pixel", data={"device_name": "Zoë's phone"}).add_to_hass(hass)
    for name in ("mobile_app_zoe_s_phone", "mobile_app_annas_phone", "neighbour"):
        receiver(hass, f"notify.{name}")
    assert await offered(home) == [
        {"value": "notify.mobile_app_annas_phone", "label": "notify.mobile_app_annas_phone"},
        {"value": "notify.mobile_app_zoe_s_phone", "label": "Zoë's phone"},
    ]


async def test_without_a_phone_none_is_offered(home: Home) -> None:
    assert await offered(home) == []
