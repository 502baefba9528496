"""Pictures on their way from a camera to Home Assistant, across restarts, until they are forgotten."""

from datetime import timedelta
import json
from pathlib import Path
import time

from homeassistant.components.image import async_get_image
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub import pictures
from custom_components.event_hub.engine.events import Forgotten
from custom_components.event_hub.pictures import PATIENCE
from custom_components.event_hub.wire.messages import Dialect, InputReport, ReportKind, Source, Transport

from .kit import Home, source

JPEG = b"\xff\xd8\xff\xe0 a picture"
NEWER = b"\xff\xd8\xff\xe0 a newer picture"
KEY = "Yard Camera"
SNAPSHOT = f"device:{KEY}:snapshot"
NATIVE = Source(
    source_id="snapshot.yard", dialect=Dialect.NATIVE, transport=Transport.MQTT, topic="snapshot", name="yard"
)


async def send(home: Home, content: bytes, slug: str = "yard_camera", *, retained: bool = False) -> None:
    """Let the native camera publish a picture, whatever may follow."""
    home.hub.receiver.mqtt(f"event_hub/snapshot/yard/image/{slug}", content, retained)
    await home.told()


async def wait_in_vain(home: Home) -> None:
    """Let the time pass in which a picture's event may follow it."""
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=PATIENCE + 1))
    await home.told()


async def frame(home: Home, content: bytes, slug: str = "yard_camera", *, retained: bool = False) -> None:
    """Let the native camera publish a picture alone."""
    await send(home, content, slug, retained=retained)
    await wait_in_vain(home)


async def shown(home: Home) -> bytes:
    """Return the picture that Home Assistant shows."""
    image = await async_get_image(home.hass, home.state("image", SNAPSHOT).entity_id)
    return image.content


@pytest.fixture
async def camera(home: Home) -> Home:
    """Return a home with a native camera that is switched on and has reported."""
    await home.report(InputReport(device_key=KEY, active=False), by=NATIVE)
    await home.enable(inputs=(KEY,))
    return home


async def test_the_picture_of_an_event_is_shown(home: Home) -> None:
    await home.frame(KEY, JPEG)
    assert await shown(home) == JPEG


async def test_a_native_frame_makes_its_input_a_camera(camera: Home) -> None:
    assert camera.entity_id("image", SNAPSHOT) is None
    await frame(camera, JPEG)
    assert camera.hub.state.inputs[KEY].has_image
    assert await shown(camera) == JPEG


async def test_a_newer_native_frame_takes_the_place_of_the_one_before(camera: Home) -> None:
    await frame(camera, JPEG)
    before = camera.state("image", SNAPSHOT).state
    await frame(camera, NEWER)
    assert await shown(camera) == NEWER
    assert camera.state("image", SNAPSHOT).state > before


async def test_a_native_frame_carries_no_state_so_it_does_not_trigger(camera: Home) -> None:
    await frame(camera, JPEG)
    assert await camera.decisions(KEY) == []
    assert not camera.hub.state.input_status[KEY].active


async def test_a_native_frame_leaves_an_active_input_active(camera: Home) -> None:
    await camera.report(InputReport(device_key=KEY, active=True, detail="1 person"), by=NATIVE)
    await frame(camera, JPEG)
    status = camera.hub.state.input_status[KEY]
    assert (status.active, status.detail) == (True, "1 person")
    assert [decision.reason for decision in await camera.decisions(KEY)] == ["triggered"]


async def test_a_native_frame_is_a_sign_of_life(camera: Home) -> None:
    await camera.lose(NATIVE)
    assert camera.hub.state.source_status[NATIVE.source_id].lost
    await send(camera, JPEG)
    assert not camera.hub.state.source_status[NATIVE.source_id].lost


async def test_a_native_frame_whose_event_is_waited_for_is_no_later_sign_of_life(camera: Home) -> None:
    await send(camera, JPEG)
    await camera.lose(NATIVE)
    await wait_in_vain(camera)
    assert camera.hub.state.source_status[NATIVE.source_id].lost
    assert camera.hub.images.get(KEY) is not None


async def test_a_native_frame_that_comes_alone_was_taken_when_it_came(camera: Home) -> None:
    before = time.time()
    await send(camera, JPEG)
    after = time.time()
    assert camera.hub.images.get(KEY) is None
    await wait_in_vain(camera)
    image = camera.hub.images.get(KEY)
    assert image is not None
    assert before <= image.taken_at <= after


async def test_a_native_frame_is_shown_with_an_event_that_tells_no_time(camera: Home) -> None:
    await send(camera, JPEG)
    said = {"schema": 1, "inputs": [{"device_key": KEY, "state": "off"}]}
    camera.hub.receiver.mqtt("event_hub/snapshot/yard/event", json.dumps(said).encode(), False)  # noqa: FBT003
    await camera.told()
    assert await shown(camera) == JPEG


async def test_native_frames_in_a_row_are_all_shown(camera: Home) -> None:
    await send(camera, JPEG)
    await send(camera, NEWER)
    assert await shown(camera) == JPEG
    await wait_in_vain(camera)
    assert await shown(camera) == NEWER


async def test_a_native_frame_waits_for_no_event_when_too_much_waits(
    camera: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "WAITING_LIMIT", len(JPEG) - 1)
    await send(camera, JPEG)
    assert await shown(camera) == JPEG


async def test_a_native_frame_whose_event_is_waited_for_outlives_the_hub(camera: Home) -> None:
    await send(camera, JPEG)
    await camera.reload()
    assert await shown(camera) == JPEG


async def test_a_native_frame_does_not_bring_back_what_is_forgotten_meanwhile(camera: Home) -> None:
    await send(camera, JPEG)
    await camera.post(Forgotten(sources=(NATIVE.source_id,)))
    await wait_in_vain(camera)
    assert camera.hub.images.get(KEY) is None
    assert KEY not in camera.hub.state.inputs


@pytest.mark.parametrize("content", [b"GIF89a a picture", b"\xff\xd8", b"online", b"\x00" * 100_000])
async def test_a_native_frame_that_is_no_picture_is_refused(camera: Home, content: bytes) -> None:
    await frame(camera, content)
    assert camera.hub.receiver.refusals.by_reason == {"bad_image": 1}
    assert not camera.hub.state.inputs[KEY].has_image
    assert camera.hub.images.get(KEY) is None


async def test_a_native_frame_may_be_as_large_as_the_limit_and_no_larger(camera: Home) -> None:
    largest = JPEG.ljust(8 * 1024 * 1024, b"\0")
    await frame(camera, largest)
    assert await shown(camera) == largest
    await frame(camera, largest + b"\0")
    assert await shown(camera) == largest
    assert sum(camera.hub.receiver.refusals.by_reason.values()) == 1


async def test_a_native_frame_of_an_unknown_device_is_refused(camera: Home) -> None:
    await frame(camera, JPEG, "cellar_camera")
    assert camera.hub.receiver.refusals.by_reason == {"unknown_device": 1}


async def test_a_native_frame_of_another_source_s_camera_is_refused(home: Home) -> None:
    await home.report(InputReport(device_key=KEY, active=False), by=source("garage"))
    await frame(home, JPEG)
    assert home.hub.receiver.refusals.by_reason == {"unknown_device": 1}
    assert home.hub.images.get(KEY) is None


async def test_a_retained_native_frame_is_of_the_past(camera: Home) -> None:
    await frame(camera, JPEG, retained=True)
    assert camera.hub.images.get(KEY) is None
    assert camera.hub.counters.retained == 1


async def test_a_picture_in_an_event_that_is_no_picture_is_refused_and_the_event_counts(home: Home) -> None:
    await home.report(InputReport(device_key=KEY, active=False), by=source("yard", "snapshot"))
    await home.enable(inputs=(KEY,))
    await home.frame(KEY, b"no picture")
    assert home.hub.receiver.refusals.by_reason == {"bad_image": 1}
    assert home.hub.images.get(KEY) is None
    assert home.entity_id("image", SNAPSHOT) is None
    assert [(decision.reason, decision.has_image) for decision in await home.decisions(KEY)] == [("triggered", False)]


async def test_a_picture_of_a_key_that_another_source_owns_is_not_kept(home: Home) -> None:
    await home.report(InputReport(device_key=KEY, active=False), by=source("garage"))
    await home.frame(KEY, JPEG)
    assert home.hub.images.get(KEY) is None


async def test_an_older_picture_does_not_take_the_place_of_a_newer(home: Home) -> None:
    await home.frame(KEY, NEWER)
    await home.frame(KEY, JPEG, taken_at=time.time() - 60)
    assert await shown(home) == NEWER


async def test_a_picture_from_the_future_does_not_shut_out_those_that_follow(home: Home) -> None:
    await home.frame(KEY, JPEG, taken_at=time.time() + 86_400)
    await home.frame(KEY, NEWER)
    assert await shown(home) == NEWER


async def test_a_picture_is_there_after_a_reload(camera: Home) -> None:
    await frame(camera, JPEG)
    taken = camera.state("image", SNAPSHOT).state
    await camera.reload()
    assert await shown(camera) == JPEG
    assert camera.state("image", SNAPSHOT).state == taken


async def test_a_picture_is_forgotten_with_its_device(hass: HomeAssistant, camera: Home) -> None:
    await frame(camera, JPEG)
    await camera.reload()
    folder = Path(hass.config.path("event_hub", "images"))
    assert len(list(folder.iterdir())) == 1
    await camera.post(Forgotten(keys=(KEY,)))
    assert camera.hub.images.get(KEY) is None
    await camera.hub.images.async_save()
    assert list(folder.iterdir()) == []


async def test_a_picture_is_forgotten_with_its_source(camera: Home) -> None:
    await frame(camera, JPEG)
    await camera.post(Forgotten(sources=(NATIVE.source_id,)))
    await camera.report(InputReport(device_key=KEY, active=False), by=NATIVE)
    assert camera.hub.images.get(KEY) is None
    assert camera.entity_id("image", SNAPSHOT) is None


async def test_a_camera_whose_clock_falls_back_is_still_shown(home: Home) -> None:
    now = time.time()
    await home.frame(KEY, JPEG, now)
    camera = source("yard", "snapshot")
    for _ in range(5):
        await home.report(by=camera, sent_at=time.time() - 3600, kind=ReportKind.HEARTBEAT)
    await home.frame(KEY, NEWER, now - 3599)
    assert await shown(home) == NEWER


async def test_pictures_are_shown_after_the_hubs_own_clock_was_set_back(
    camera: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ahead:
        later = time.time() + 3600
        ahead.setattr("custom_components.event_hub.receiver.time.time", lambda: later)
        await frame(camera, JPEG)
    await frame(camera, NEWER)
    assert await shown(camera) == NEWER
