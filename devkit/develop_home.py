"""Puts the simulated home into Home Assistant, the way a person would, and checks that it works."""

from contextlib import suppress
import time
from typing import Any, Final

import aiohttp

from .devices.snapshot_processor import TOKEN
from .home_assistant import HomeAssistantProcess
from .home_assistant_api import HomeAssistantApi, eventually
from .simulate import CAMERA_LOGIN, Address, SimulatedHome

ALARM: Final = "House"
ALARM_CODE: Final = "1234"
"""What the one partition of the simulated home is called, and what disarms it."""

_DOMAIN: Final = "event_hub"
_SHORT_DELAY: Final = 10
_PATIENCE: Final = 30.0
_INTRODUCTIONS: Final = 30
_SIREN_SECONDS: Final = "3"
_OPEN_SECONDS: Final = 5
_METER_READING: Final = 4711.5


class CheckError(RuntimeError):
    """Something does not work as it should; the text says what."""


async def set_up_hub(
    assistant: HomeAssistantProcess, mqtt: Address, rabbitmq: Address | None, *, mqtt_protocol: str
) -> None:
    """Set up MQTT and the hub with their own forms, where no earlier start has done it. Raises ``ApiError``."""
    if await assistant.api.config_entries(_DOMAIN):
        return
    await assistant.add_mqtt(mqtt.host, mqtt.port, protocol=mqtt_protocol)
    answers: list[dict[str, Any]] = [{"mqtt": True, "rabbitmq": rabbitmq is not None}]
    if rabbitmq is not None:
        login = {"username": "guest", "password": "guest"}
        answers.append({"hosts": f"{rabbitmq.host}:{rabbitmq.port}", **login})
    await assistant.api.run_flow(_DOMAIN, *answers)


async def wait_for_devices(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Wait until the hub has met every device. Raises ``CheckError``."""
    missing = home.input_keys | home.output_keys

    async def complete() -> bool:
        nonlocal missing
        found = await _list_devices(api)
        known = {record["key"] for table in ("inputs", "outputs") for record in found[table]}
        missing = (home.input_keys | home.output_keys) - known
        return not missing

    for _ in range(_INTRODUCTIONS):
        with suppress(TimeoutError):
            await eventually("every device", complete, 1)
            return
        # What they said while the hub was still connecting is lost.
        home.introduce()
    raise CheckError(f"The hub has not met {', '.join(sorted(missing))}")


async def link_devices(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Switch every device on in the hub, and let the doors sound the sirens. Raises ``ApiError``."""
    await _act(api, "enable", inputs=sorted(home.input_keys), outputs=sorted(home.output_keys))
    # Short, or a trigger soon after somebody walked in would seem to do nothing, and doors that never say that they
    # are closed would stay open for as long as people walk about.
    await _act(api, "set_rule", inputs=[*home.openings], latch=_OPEN_SECONDS, hold=_OPEN_SECONDS)
    (meter,) = home.meter.input_keys
    await _act(api, "set_rule", inputs=[meter], factor=0.001, precision=2, unit="kWh")
    await _act(api, "set_meter", input=meter, register=_METER_READING)
    for output in home.sirens:
        await _act(api, "set_output", output=output, params=_SIREN_SECONDS)
    for camera in home.cameras.input_keys if home.cameras else ():
        await _act(api, "set_output", output=camera, params=CAMERA_LOGIN)
    for inputs, outputs in home.links:
        await _act(api, "link", inputs=inputs, outputs=outputs)


async def set_up_alarm(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Make an alarm of some of the inputs, whose delays are short enough to watch. Raises ``ApiError``."""
    await _act(
        api,
        "set_partition",
        name=ALARM,
        exit_delay=_SHORT_DELAY,
        entry_delay=_SHORT_DELAY,
        siren_outputs=[*home.sirens],
        siren_limit=_SHORT_DELAY,
    )
    for kind, inputs in home.zones.items():
        await _act(api, "set_zone", partition=ALARM, inputs=[*inputs], kind=kind)
    await _act(api, "set_code", name="Ann", code=ALARM_CODE, permissions=["arm", "disarm", "bypass"])


async def show_pictures(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Let the media browser show what the snapshot processor keeps. Raises ``ApiError``."""
    (entry,) = await api.config_entries(_DOMAIN)
    address = {"url": home.snapshots.images_url, "token": TOKEN}
    await api.run_options_flow(entry["entry_id"], {"next_step_id": "pictures"}, address)


async def check(assistant: HomeAssistantProcess, home: SimulatedHome) -> str:
    """Check the whole way from a device to another and say in a line what was seen. Raises ``CheckError``."""
    api = assistant.api
    await _check_frontend(assistant.url)
    found = await _list_devices(api)
    spoken = {record["source"]["dialect"] for record in found["sources"]}
    if unheard := home.dialects - spoken:
        raise CheckError(f"No device speaks {', '.join(sorted(unheard))}")
    (door,) = (record for record in found["inputs"] if record["key"] == home.front_door)
    if lacking := set(home.sirens) - set(door["links"]):
        raise CheckError(f"{home.front_door} is not linked to {', '.join(lacking)}")
    entities = await _check_entities(api, home)
    took = await _check_sirens(home)
    await _check_decision(api, home)
    await _check_workshop(home)
    await _check_cameras(api, home)
    await _check_alarm(api, home)
    return (
        f"{len(home.devices)} devices in {len(home.dialects)} dialects, {entities} entities; "
        f"{home.front_door} sounded {' and '.join(home.sirens)} in {took * 1000:.0f} ms; "
        f"{home.workshop.input_keys[0]} switched {home.workshop.relay} on; "
        f"{home.snapshots.pushing} showed a person; "
        f"{home.window} raised the alarm, and a code ended it"
    )


async def _check_frontend(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        if "<home-assistant" not in await response.text():
            raise CheckError(f"{url} does not show Home Assistant")


async def _check_entities(api: HomeAssistantApi, home: SimulatedHome) -> int:
    """Return how many entities of the hub have a state, once every device has one."""
    lacking: list[str] = []

    async def complete() -> int:
        states = await api.states()
        entities = [entity for entity in await api.call("config/entity_registry/list") if entity["entity_id"] in states]
        inhabited = {entity["device_id"] for entity in entities if entity["platform"] == _DOMAIN}
        keys = {
            identifier.removeprefix("device:")
            for device in await api.call("config/device_registry/list")
            for domain, identifier in device["identifiers"]
            if domain == _DOMAIN and device["id"] in inhabited
        }
        lacking[:] = sorted((home.input_keys | home.output_keys) - keys)
        return 0 if lacking else sum(entity["platform"] == _DOMAIN for entity in entities)

    try:
        return await eventually("entities", complete, _PATIENCE)
    except TimeoutError as error:
        raise CheckError(f"Home Assistant has no entity for {', '.join(lacking)}") from error


async def _check_sirens(home: SimulatedHome) -> float:
    """Open the front door and return after how many seconds every siren sounds."""
    begun = time.monotonic()
    home.open_front_door()

    async def sounding() -> bool:
        return home.sounding() == frozenset(home.sirens)

    try:
        await eventually("sirens", sounding, 10)
    except TimeoutError as error:
        silent = set(home.sirens) - home.sounding()
        raise CheckError(f"{home.front_door} did not sound {', '.join(silent)}") from error
    return time.monotonic() - begun


async def _check_workshop(home: SimulatedHome) -> None:
    """Open a door that is wired to the simulated Raspberry Pi, and wait until its relay was switched."""
    home.workshop.activate(home.workshop.input_keys[0])

    async def lit() -> bool:
        return home.workshop.on

    try:
        await eventually("the workshop's light", lit, 10)
    except TimeoutError as error:
        raise CheckError(f"{home.workshop.input_keys[0]} did not switch {home.workshop.relay} on") from error


async def _check_cameras(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Let the street's camera push a picture of somebody, until Home Assistant says that a person was seen."""
    pushing = home.snapshots.pushing

    async def seen() -> bool:
        await home.snapshots.push(1)
        entities = await api.call("config/entity_registry/list")
        states = await api.states()
        wanted = f"device:{pushing}:person_seen"
        ids = [entity["entity_id"] for entity in entities if entity["unique_id"] == wanted]
        return any(states[entity_id]["state"] == "on" for entity_id in ids if entity_id in states)

    try:
        await eventually("a person seen", seen, _PATIENCE)
    except TimeoutError as error:
        raise CheckError(f"Nobody was seen in the pictures of {pushing}") from error


async def _check_alarm(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Arm the alarm, break in, wait until Home Assistant says so and a siren sounds, and disarm."""
    panel = f"alarm_control_panel.{ALARM.lower()}"

    async def is_in(state: str) -> bool:
        return bool((await api.states())[panel]["state"] == state)

    async def sounding() -> bool:
        return bool(home.sounding())

    await _act(api, "alarm_arm", partition=ALARM, mode="away", skip_delay=True)
    try:
        await eventually("armed_away", lambda: is_in("armed_away"), 10)
        home.break_in()
        await eventually("triggered", lambda: is_in("triggered"), 10)
        await eventually("sirens", sounding, 10)
        await api.call_action("alarm_control_panel", "alarm_disarm", {"entity_id": panel, "code": ALARM_CODE})
        await eventually("disarmed", lambda: is_in("disarmed"), 10)
    except TimeoutError as error:
        raise CheckError(f"The alarm did not do what {home.window} should make it do: {error}") from error


async def _check_decision(api: HomeAssistantApi, home: SimulatedHome) -> None:
    """Ask the hub why, as a person would."""
    answer = await _act(api, "why", input=home.front_door, limit=1)
    if [decision["reason"] for decision in answer["decisions"]] != ["triggered"]:
        raise CheckError(f"The hub does not know why {home.front_door} triggered: {answer}")


async def _list_devices(api: HomeAssistantApi) -> dict[str, Any]:
    return await _act(api, "list_devices")


async def _act(api: HomeAssistantApi, action: str, **data: Any) -> dict[str, Any]:
    return dict(await api.call_action(_DOMAIN, action, data, return_response=True))
