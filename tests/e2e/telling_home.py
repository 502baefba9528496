"""A home that tells people: Home Assistant in a process, its own Telegram bot at a fake Telegram, and an SMS script.

Everything asynchronous runs in one loop of the home's own, so that tests are plain functions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
import time
from typing import Any, Final, Self

from devkit.brokers import LOOPBACK, Mosquitto, RabbitMQ
from devkit.home_assistant import HomeAssistantProcess
from devkit.home_assistant_api import ApiError, HomeAssistantApi, eventually
from devkit.loop_thread import LoopThread
from devkit.telegram import FakeTelegram

from .telling_outside import Board, Json, Outside

ANN: Final = 1001
# Whom the bot knows and who may not command the hub, and whom nobody knows.
BEN: Final = 1002
STRANGER: Final = 6666
CODE: Final = "2580"
PARTITION: Final = "home"
PANEL: Final = "alarm_control_panel.home"
CHAT: Final = "notify.ann"
SMS: Final = "script.send_sms"
PATIENCE: Final = 60.0
POLL: Final = 0.05
BOARD: Final = "hall"
# An input that is switched on nowhere: that it was heard says that others will be.
PROBE: Final = "Probe"

_CONFIGURATION: Final = """\
diagnostics:
rest_command:
  outside:
    url: "http://127.0.0.1:{port}/{{{{ to }}}}"
    method: post
    content_type: application/json
    payload: "{{{{ said | to_json }}}}"
    timeout: 30
script outside:
  send_sms:
    mode: queued
    max: 100
    sequence:
      - action: rest_command.outside
        data:
          to: sms
          said: {{title: "{{{{ title }}}}", message: "{{{{ message }}}}", topic: "{{{{ topic }}}}"}}
  phone:
    mode: queued
    max: 100
    sequence:
      - action: rest_command.outside
        data:
          to: phone
          said: "{{{{ dict(title=title, message=message, data=data) }}}}"
{more}"""


class TellingHome:
    """Brokers, a Telegram with Ann in it, who may command the hub, and Home Assistant with the hub."""

    def __init__(self, folder: Path, configuration: str = "", rabbitmq: RabbitMQ | None = None) -> None:
        """Prepare it all; ``configuration`` is YAML added to Home Assistant's own, ``rabbitmq`` a second broker."""
        self._loop = LoopThread("home")
        self._stack = ExitStack()
        self.mosquitto = Mosquitto(folder / "mosquitto")
        self.rabbitmq = rabbitmq
        self.outside = Outside()
        self.telegram = FakeTelegram()
        text = _CONFIGURATION.format(port=self.outside.port, more=configuration)
        self.assistant = HomeAssistantProcess(folder / "home_assistant", configuration=text)
        self._channels = 0

    def __enter__(self) -> Self:
        """Start it all, and set it up as a person would."""
        with self._stack as stack:
            stack.enter_context(self._loop)
            stack.enter_context(self.mosquitto)
            if self.rabbitmq is not None:
                stack.enter_context(self.rabbitmq)
            stack.enter_context(self.outside)
            stack.enter_context(self.telegram)
            self.telegram.add_user(ANN, "Ann")
            self.telegram.add_user(BEN, "Ben")
            self.board = Board(self.mosquitto.port, BOARD)
            self.board.add(PROBE)
            stack.callback(self.board.stop)
            stack.callback(lambda: self.run(self.assistant.stop()))
            self.run(self._set_up())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it all."""
        self._stack.close()

    @property
    def api(self) -> HomeAssistantApi:
        """Home Assistant's websocket."""
        return self.assistant.api

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self._loop.run(work)

    def until[T](self, what: str, check: Callable[[], T], within: float = PATIENCE) -> T:
        """Poll until ``check``, which may ask Home Assistant, gives something true; returns it."""
        deadline = time.monotonic() + within
        while not (value := check()):
            assert time.monotonic() < deadline, f"{what}: not within {within:g} s"
            self.run(asyncio.sleep(POLL))
        return value

    def until_async[T](self, what: str, check: Callable[[], Awaitable[T]], within: float = PATIENCE) -> T:
        """Poll until an asynchronous ``check`` gives something true; returns it."""
        return self.run(eventually(what, check, within))

    def act(self, action: str, **data: Any) -> Any:
        """Perform one of the hub's actions."""
        return self.run(self.ask(action, **data))

    async def ask(self, action: str, *, return_response: bool = False, **data: Any) -> Any:
        """Perform one of the hub's actions, from within the loop."""
        return await self.api.call_action("event_hub", action, data, return_response=return_response)

    def state(self, entity_id: str) -> str | None:
        """Return an entity's state."""
        return self.run(self.async_state(entity_id))

    async def async_state(self, entity_id: str) -> str | None:
        """Return an entity's state, from within the loop."""
        states = await self.api.states()
        return str(states[entity_id]["state"]) if entity_id in states else None

    def until_state(self, entity_id: str, wanted: str) -> None:
        """Wait until an entity has a state."""

        async def has_it() -> bool:
            return await self.async_state(entity_id) == wanted

        self.until_async(f"{entity_id} {wanted}", has_it)

    def introduce(self, *boards: Board) -> None:
        """Have these boards' inputs and outputs, and switch them on."""
        self.run(self.async_introduce(*boards))

    async def async_introduce(self, *boards: Board) -> None:
        """Have these boards' inputs and outputs, and switch them on, from within the loop."""
        inputs = {key for board in boards for key in board.inputs if key != PROBE}
        outputs = {key for board in boards for key in board.outputs}

        async def known() -> bool:
            for board in boards:
                board.introduce()
            answer = await self.ask("list_devices", return_response=True)
            found = ({record["key"] for record in answer[table]} for table in ("inputs", "outputs"))
            return all(wanted <= keys for wanted, keys in zip((inputs, outputs), found, strict=True))

        await eventually("the devices", known, PATIENCE)
        await self.ask("enable", inputs=sorted(inputs), outputs=sorted(outputs))
        await self.ask("set_rule", inputs=sorted(inputs), latch=0)

    async def running(self) -> None:
        """Wait until the hub runs: new options start it anew."""

        async def runs() -> bool:
            with suppress(ApiError):
                await self.diagnostics()
                return bool(await self.ask("list_devices", return_response=True))
            return False

        await eventually("the hub", runs, PATIENCE)

    async def heard(self, *boards: Board) -> None:
        """Wait until the hub hears what boards say: Home Assistant subscribes some time after its start."""
        await self.running()
        began = time.time()

        async def hears() -> bool:
            self.board.press(PROBE)
            with suppress(ApiError):
                decisions = (await self.ask("why", input=PROBE, return_response=True))["decisions"]
                # The log still has those of earlier runs.
                return any(datetime.fromisoformat(each["at"]).timestamp() >= began for each in decisions)
            return False

        await eventually("MQTT heard", hears, PATIENCE)
        for board in boards:
            board.introduce()

    def until_kept(self, *words: str) -> None:
        """Wait until Home Assistant has written all of these words to its files, each within quotation marks."""
        folder = self.assistant.folder / ".storage"

        def kept() -> bool:
            # What is still being written goes by another name for a moment.
            files = [file for file in folder.iterdir() if not file.name.startswith("tmp")]
            text = "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
            return all(f'"{word}"' in text for word in words)

        self.until(f"{words} on disk", kept)

    async def diagnostics(self) -> Json:
        """Return the hub's own diagnostics."""
        answer = await self.api.get(f"/api/diagnostics/config_entry/{await self._entry_id()}")
        return dict(answer["data"])

    async def waiting(self) -> int:
        """Return how many things wait to be told."""
        return int((await self.diagnostics())["telling"]["waiting"])

    def add_channel(self, kind: str, name: str, target: str, more: Json | None = None, **data: Any) -> None:
        """Set a channel up by its form, to be used after those that are there."""
        self._channels += 1
        answers = {"name": name, "target": target, "priority": self._channels, "more": more or {}, **data}
        entry_id = self.run(self._entry_id())
        self.run(self.api.add_subentry(entry_id, "channel", {"next_step_id": kind}, answers))

    def add_partition(self, *zones: str, **settings: Any) -> None:
        """Have a partition with instant zones, and a code that may do everything."""
        delays = {"exit_delay": 0, "entry_delay": 0, "abort_window": 0}
        self.act("set_partition", name="Home", code_to_arm=False, **{**delays, **settings})
        self.act("set_zone", partition=PARTITION, inputs=list(zones), kind="instant")
        self.act("set_code", name="Ann", code=CODE, permissions=["arm", "disarm", "bypass"])
        self.until_state(PANEL, "disarmed")

    async def _entry_id(self) -> str:
        (entry,) = await self.api.config_entries("event_hub")
        return str(entry["entry_id"])

    async def _set_up(self) -> None:
        await self.assistant.start()
        await self.assistant.add_mqtt(LOOPBACK, self.mosquitto.port)
        answers: list[Json] = [{"mqtt": True, "rabbitmq": self.rabbitmq is not None}]
        if self.rabbitmq is not None:
            hosts = f"{LOOPBACK}:{self.rabbitmq.port}"
            answers.append({"hosts": hosts, "username": self.rabbitmq.username, "password": self.rabbitmq.password})
        await self.api.run_flow("event_hub", *answers)
        settings = {"api_endpoint": self.telegram.url}
        bot = {"platform": "polling", "api_key": self.telegram.token, "additional_settings": settings}
        await self.api.run_flow("telegram_bot", bot)
        (entry,) = await self.api.config_entries("telegram_bot")
        for user in (ANN, BEN):
            await self.api.add_subentry(entry["entry_id"], "allowed_chat_ids", {"chat_id": user})
        chat: tuple[Json, ...] = ({"next_step_id": "chat"}, {"chat_users": [str(ANN)]})
        await self.api.run_options_flow(await self._entry_id(), *chat)

        async def there() -> bool:
            return CHAT in await self.api.states()

        await eventually("the chat's entity", there)
        await self.running()
