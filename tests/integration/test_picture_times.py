"""When pictures were taken, whichever way they come, and that each of them is shown once."""

from dataclasses import dataclass
from datetime import timedelta
import json
import time
from typing import Any

from homeassistant.core import State
from homeassistant.util import dt as dt_util
import msgpack
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.engine.events import ClockSet
from custom_components.event_hub.pictures import PATIENCE

from .kit import Home
from .test_cameras import JPEG, KEY, MARKED, NEWER, PERSON, Camera, Delivery, picture

BROKERS = ("mqtt", "amqp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A picture, and the event that tells of it on both brokers."""

    clean: bytes
    annotated: bytes | None
    said: dict[str, Any]


class Porch(Camera):
    """A camera whose messages are sent one by one."""

    def sight(self, clean: bytes, annotated: bytes | None = None, *, ago: float, **more: Any) -> Sight:
        """Return a picture taken some seconds ago, told of a moment after."""
        said = self._event((PERSON,), {"image_timestamp": time.time() - ago, **more})
        said["timestamp"] = time.time() - ago + 0.5
        return Sight(clean=clean, annotated=annotated, said=said)

    async def ahead(self, sight: Sight) -> None:
        """Send the pictures on MQTT."""
        mqtt = self.home.hub.receiver.mqtt
        mqtt("event_hub/snapshot/home/image/porch_camera", sight.clean, False)  # noqa: FBT003 - as the link calls it
        if sight.annotated is not None:
            mqtt("event_hub/snapshot/home/image/porch_camera/annotated", sight.annotated, False)  # noqa: FBT003
        await self.home.told()

    async def event(self, sight: Sight) -> None:
        """Send the event on MQTT."""
        said = json.dumps(sight.said).encode()
        self.home.hub.receiver.mqtt("event_hub/snapshot/home/event", said, False)  # noqa: FBT003
        await self.home.told()

    async def mqtt(self, sight: Sight) -> None:
        """Send all on MQTT."""
        await self.ahead(sight)
        await self.event(sight)

    async def amqp(self, sight: Sight) -> None:
        """Send all on RabbitMQ."""
        said: dict[str, Any] = json.loads(json.dumps(sight.said))
        said["inputs"][0] |= {"image": sight.clean}
        if sight.annotated is not None:
            said["inputs"][0] |= {"image_annotated": sight.annotated}
        self.home.hub.receiver.amqp(Delivery("event.notify.snapshot.home", msgpack.packb(said)))
        await self.home.told()

    def age(self) -> float:
        """Return how many seconds old the picture is that is kept."""
        kept = self.home.hub.images.get(KEY)
        assert kept is not None
        return time.time() - kept.taken_at

    def shown(self, written: list[State], key: str = "snapshot") -> int:
        """Return how many times a picture was shown as new."""
        entity_id = self.home.entity_id("image", f"device:{KEY}:{key}")
        return len({state.state for state in written if state.entity_id == entity_id})


async def wait_in_vain(home: Home) -> None:
    """Let the time pass in which a picture's event may follow it."""
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=PATIENCE + 1))
    await home.told()


@pytest.fixture
async def porch(home: Home) -> Porch:
    """Return a camera that the hub knows, and has shown a picture of."""
    porch = Porch(home)
    await porch.heartbeat()
    await porch.amqp(porch.sight(JPEG + b"the first", MARKED + b"the first", ago=900))
    return porch


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize("ago", [2, 600])
async def test_a_picture_was_taken_when_its_event_says(home: Home, porch: Porch, broker: str, ago: float) -> None:
    await getattr(porch, broker)(porch.sight(NEWER, MARKED, ago=ago))
    assert (await picture(home, "snapshot"), await picture(home, "annotated")) == (NEWER, MARKED)
    assert porch.age() == pytest.approx(ago, abs=1)
    clean, marked = (home.state("image", f"device:{KEY}:{key}") for key in ("snapshot", "annotated"))
    assert clean.state == marked.state


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_clock_that_is_behind_is_corrected_on_either_broker(home: Home, porch: Porch, broker: str) -> None:
    for _ in range(5):
        await porch.heartbeat(timestamp=time.time() - 3600)
    await getattr(porch, broker)(porch.sight(NEWER, ago=3602))
    assert porch.age() == pytest.approx(2, abs=1)
    assert await picture(home, "snapshot") == NEWER


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize("by", [-3600.0, 3600.0])
@pytest.mark.parametrize("goes_along", [False, True], ids=["a clock of its own", "the same clock"])
async def test_a_clock_of_the_hub_that_was_set_a_moment_ago_changes_no_picture_s_time(
    home: Home, porch: Porch, broker: str, by: float, goes_along: bool
) -> None:
    for _ in range(5):
        await porch.heartbeat(timestamp=time.time() + (0 if goes_along else by))
    await home.post(ClockSet(by=by))
    await getattr(porch, broker)(porch.sight(NEWER, MARKED, ago=20))
    assert porch.age() == pytest.approx(20, abs=10)


@pytest.mark.parametrize("first", BROKERS)
async def test_a_picture_over_both_brokers_is_shown_once_and_nothing_is_refused(
    home: Home, porch: Porch, first: str
) -> None:
    written = home.writes()
    sight = porch.sight(NEWER, MARKED, ago=2)
    for broker in sorted(BROKERS, key=lambda broker: broker != first):
        await getattr(porch, broker)(sight)
    await wait_in_vain(home)
    assert (porch.shown(written), porch.shown(written, "annotated")) == (1, 1)
    assert home.hub.receiver.refusals.by_reason.total() == 0
    assert porch.age() == pytest.approx(2, abs=1)


async def test_a_picture_too_old_to_trigger_is_shown_once_too(home: Home, porch: Porch) -> None:
    written = home.writes()
    sight = porch.sight(NEWER, MARKED, ago=600)
    await porch.mqtt(sight)
    await porch.amqp(sight)
    assert (porch.shown(written), porch.shown(written, "annotated")) == (1, 1)


async def test_a_picture_whose_event_came_over_the_other_broker_waits_no_longer(home: Home, porch: Porch) -> None:
    sight = porch.sight(NEWER, ago=2)
    await porch.ahead(sight)
    await porch.amqp(sight)
    written = home.writes()
    await wait_in_vain(home)
    assert porch.shown(written) == 0
    assert porch.age() == pytest.approx(2, abs=1)


async def test_a_message_that_is_told_again_brings_no_other_picture(home: Home, porch: Porch) -> None:
    sight = porch.sight(NEWER, ago=2)
    await porch.amqp(sight)
    for broker in BROKERS:
        await getattr(porch, broker)(Sight(clean=JPEG, annotated=MARKED, said=sight.said))
    await wait_in_vain(home)
    assert await picture(home, "snapshot") == NEWER


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_later_picture_over_one_broker_follows_one_that_came_late_over_both(
    home: Home, porch: Porch, broker: str
) -> None:
    first = porch.sight(JPEG, ago=5)
    await porch.mqtt(first)
    await porch.amqp(first)
    await getattr(porch, broker)(porch.sight(NEWER, ago=2))
    assert await picture(home, "snapshot") == NEWER


async def test_what_was_kept_during_an_outage_does_not_hide_what_is_newer(home: Home, porch: Porch) -> None:
    late, new = porch.sight(JPEG, ago=600), porch.sight(NEWER, ago=1)
    await porch.amqp(late)
    await porch.amqp(new)
    await porch.mqtt(late)
    assert await picture(home, "snapshot") == NEWER
    assert home.hub.receiver.refusals.by_reason.total() == 0


async def test_the_decision_about_a_picture_that_went_ahead_knows_of_it(home: Home, porch: Porch) -> None:
    await home.enable(inputs=(KEY,))
    await porch.mqtt(porch.sight(NEWER, ago=1))
    assert [decision.has_image for decision in await home.decisions(KEY, 1)] == [True]


async def test_a_picture_whose_event_is_lost_is_shown_as_taken_when_it_came(home: Home, porch: Porch) -> None:
    await porch.ahead(porch.sight(JPEG, MARKED, ago=60))
    await porch.ahead(porch.sight(NEWER, ago=1))
    assert (await picture(home, "snapshot"), await picture(home, "annotated")) == (JPEG, MARKED)
    assert porch.age() == pytest.approx(0, abs=1)
