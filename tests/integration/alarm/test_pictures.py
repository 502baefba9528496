"""The pictures of the alarm memory are kept until they are acknowledged, whatever the camera sends meanwhile."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
import time
from typing import Any, Final

from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.event_hub import alarm_pictures
from custom_components.event_hub.engine.alarm.model import Action, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.pictures import PATIENCE
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind
from devkit.polling import until
from tests.integration.kit import source

from .kit import ANNS_CODE, ENTRY, HOME, PANEL, SIREN_LIMIT, WINDOW, House

PORCH: Final = "Porch"
YARD: Final = source("yard", "snapshot")


def jpeg(number: int) -> bytes:
    """Return a picture like no other."""
    return b"\xff\xd8\xff\xe0 picture %d" % number


@pytest.fixture
async def watched(house: House) -> House:
    """Return a house whose porch has a camera that is a zone."""
    await see(house, 0, active=False)
    await house.home.enable(inputs=(PORCH,))
    await house.desk.async_set_zone(HOME, PORCH, Zone(kind=ZoneKind.INSTANT))
    await house.told()
    return house


async def see(house: House, number: int, *, active: bool = True, at: float | None = None) -> None:
    """Let the camera send a picture with an event."""
    seen = InputReport(device_key=PORCH, active=active, image=jpeg(number), image_at=at or time.time())
    house.home.hub.receiver.report(Report(source=YARD, kind=ReportKind.EVENT, inputs=(seen,)))
    await house.told()


async def burgle(house: House) -> None:
    """Let the camera see somebody, and then nobody any more."""
    await house.arm()
    await see(house, 1)
    await see(house, 2, active=False)


def memory(house: House) -> list[Mapping[str, Any]]:
    """Return the alarm memory as the sensor shows it."""
    shown: list[Mapping[str, Any]] = house.home.state("sensor", "partition:home:last_alarm").attributes["memory"]
    return shown


async def pictures(house: House, client: Any) -> list[bytes]:
    """Fetch the pictures of the first alarm as somebody who is logged in."""
    answers = [await client.get(path) for path in memory(house)[0]["images"]]
    assert all((each.status, each.content_type) == (HTTPStatus.OK, "image/jpeg") for each in answers)
    return [await each.read() for each in answers]


async def test_the_memory_shows_what_the_camera_saw_and_not_what_it_sees_now(
    watched: House, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    await burgle(watched)
    for number in range(3, 8):
        await watched.passes(60)
        await see(watched, number, active=False)
    found = await pictures(watched, client)
    assert found[0] == jpeg(1)
    assert jpeg(7) not in found
    newest = watched.home.hub.images.get(PORCH)
    assert newest is not None
    assert newest.content == jpeg(7)


async def test_only_who_is_logged_in_or_has_a_signed_path_sees_them(
    watched: House, hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    stranger = await hass_client_no_auth()
    await burgle(watched)
    path = memory(watched)[0]["images"][0]
    assert (await stranger.get(path)).status == HTTPStatus.UNAUTHORIZED
    signed = async_sign_path(hass, path, timedelta(minutes=1), use_content_user=True)
    answer = await stranger.get(signed)
    assert (answer.status, await answer.read()) == (HTTPStatus.OK, jpeg(1))


async def test_they_are_there_after_a_restart(watched: House, hass_client: ClientSessionGenerator) -> None:
    client = await hass_client()
    await burgle(watched)
    await watched.restart()
    await see(watched, 8, active=False)
    assert (await pictures(watched, client))[0] == jpeg(1)


async def test_they_are_gone_with_the_acknowledgement(
    watched: House, hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    await burgle(watched)
    path = memory(watched)[0]["images"][0]
    await watched.passes(SIREN_LIMIT + 1)
    await watched.disarm()
    await watched.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    await watched.desk.pictures.async_close()
    assert (await client.get(path)).status == HTTPStatus.NOT_FOUND
    assert await hass.async_add_executor_job(files, hass) == []


async def test_what_an_entry_delay_began_with_is_the_alarm_s_picture_once_it_is_one(
    watched: House, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    await watched.desk.async_set_zone(HOME, PORCH, Zone(kind=ZoneKind.ENTRY_EXIT))
    await watched.arm()
    await see(watched, 1)
    assert watched.phase is Phase.PENDING
    await watched.passes(ENTRY / 2)
    await see(watched, 2, active=False)
    await watched.passes(ENTRY / 2 + 1)
    assert watched.phase is Phase.TRIGGERED
    assert (await pictures(watched, client))[0] == jpeg(1)


async def test_the_picture_of_an_entry_delay_that_was_ended_in_time_is_forgotten(
    watched: House, hass: HomeAssistant
) -> None:
    await watched.desk.async_set_zone(HOME, PORCH, Zone(kind=ZoneKind.ENTRY_EXIT))
    await watched.arm()
    await see(watched, 1)
    await watched.desk.pictures.async_close()
    assert len(await hass.async_add_executor_job(files, hass)) == 1
    await watched.disarm()
    await watched.desk.pictures.async_close()
    assert await hass.async_add_executor_job(files, hass) == []


async def test_a_picture_that_comes_after_the_alarm_is_kept_with_it(
    watched: House, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    await watched.arm()
    await watched.home.report(InputReport(device_key=PORCH, active=True), by=YARD)
    await watched.told()
    assert memory(watched)[0]["images"] == []
    await see(watched, 5)
    assert await pictures(watched, client) == [jpeg(5)]


async def test_a_picture_that_came_alone_is_kept_too(watched: House, hass_client: ClientSessionGenerator) -> None:
    client = await hass_client()
    await watched.arm()
    await watched.home.report(InputReport(device_key=PORCH, active=True), by=YARD)
    await watched.told()
    watched.home.hub.receiver.mqtt("event_hub/snapshot/yard/image/porch", jpeg(6), False)  # noqa: FBT003 - the link's
    await watched.told()
    await watched.passes(PATIENCE + 1)
    assert await pictures(watched, client) == [jpeg(6)]


async def test_alarms_without_pictures_have_none(watched: House) -> None:
    await watched.arm()
    await watched.opens(WINDOW)
    assert [alarm["images"] for alarm in memory(watched)] == [[]]


@pytest.mark.parametrize(("limit", "value"), [("MOST_KEPT", 1), ("MOST_BYTES", len(jpeg(1)))])
async def test_no_more_are_kept_than_there_is_room_for_and_the_first_ones_count(
    watched: House,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
) -> None:
    client = await hass_client()
    monkeypatch.setattr(alarm_pictures, limit, value)
    await watched.arm()
    for number in range(1, 4):
        await see(watched, number)
    assert await pictures(watched, client) == [jpeg(1)]


async def test_a_disk_that_takes_no_picture_keeps_no_siren_from_sounding_and_shows_none(
    watched: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, images: Iterable[Path]) -> dict[Path, OSError]:
        return dict.fromkeys(images, OSError("No space left on device"))

    monkeypatch.setattr(alarm_pictures, "store_images", full)
    await watched.arm()
    await see(watched, 1)
    assert (watched.phase, watched.sirens) == (Phase.TRIGGERED, [True])
    await until(lambda: not watched.desk.pictures.names(watched.shown.memory[0].images))
    await watched.told()
    assert memory(watched)[0]["images"] == []


async def test_what_an_alarm_lost_while_the_hub_was_away_is_deleted_at_the_start(
    watched: House, hass: HomeAssistant
) -> None:
    await watched.arm()
    await see(watched, 1)
    await watched.desk.pictures.async_close()
    (kept,) = {path.name for path in await hass.async_add_executor_job(files, hass)}
    stray = folder(hass) / "0123456789abcdef0123456789abcdef"
    await hass.async_add_executor_job(stray.write_bytes, jpeg(9))
    await watched.restart()
    assert {path.name for path in await hass.async_add_executor_job(files, hass)} == {kept}


def folder(hass: HomeAssistant) -> Path:
    """Return where they lie."""
    return Path(hass.config.path("event_hub")) / alarm_pictures.FOLDER


def files(hass: HomeAssistant) -> list[Path]:
    """Return what lies there."""
    return sorted(folder(hass).iterdir()) if folder(hass).is_dir() else []
