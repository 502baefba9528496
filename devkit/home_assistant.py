"""A real Home Assistant of one's own: started, onboarded and set up through the interfaces a person uses.

For ``scripts/develop``, the end-to-end tests and the benchmarks. Everything it
writes is in the folder it is given; its files in ``.storage`` are never touched.
"""

import asyncio
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import sys
from typing import Final, Self

import aiohttp

from .brokers import LOOPBACK, free_ports
from .home_assistant_api import ApiError, HomeAssistantApi, eventually

ROOT: Final = Path(__file__).resolve().parents[1]
_START_TIMEOUT: Final = 120.0
_STOP_TIMEOUT: Final = 40.0
_LOG_TAIL: Final = 3000

_CONFIGURATION: Final = """\
homeassistant:
frontend:
config:
history:
logbook:
energy:
system_health:
automation: !include automations.yaml
script: !include scripts.yaml
recorder:
  purge_keep_days: 2
logger:
  default: warning
  logs:
    custom_components.event_hub: info
{extra}
"""
# Where to listen is told at the first start alone: Home Assistant then keeps it, and calls what it finds here outdated.
_ADDRESS: Final = """\
http:
  server_host: {host}
  server_port: {port}
"""


class HomeAssistantError(RuntimeError):
    """Home Assistant did not start; the text has the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who signs in. On loopback alone, so the password is no secret."""

    name: str = "Developer"
    username: str = "dev"
    password: str = "dev"  # noqa: S105 - printed for whoever tries it


class HomeAssistantProcess:
    """One Home Assistant, which may be stopped, killed and started again on the same port with the same data."""

    def __init__(
        self, folder: Path, *, port: int | None = None, person: Person | None = None, configuration: str = ""
    ) -> None:
        """Prepare one that keeps everything in ``folder``; ``configuration`` is YAML added to its own."""
        self.folder = folder.absolute()
        self.port = port or free_ports(1)[0]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.person = person or Person()
        self.log = self.folder / "console.log"
        self._configuration = configuration
        self._onboarded = self.folder / ".onboarded"
        self._process: asyncio.subprocess.Process | None = None
        self._api: HomeAssistantApi | None = None

    @property
    def api(self) -> HomeAssistantApi:
        """The websocket of ``person``. Raises ``RuntimeError`` while Home Assistant is not started."""
        if self._api is None:
            raise RuntimeError("Home Assistant is not started")
        return self._api

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """What it ended with though nobody stopped it, negative for a signal; else ``None``."""
        return self._process.returncode if self._process else None

    async def start(self) -> Self:
        """Start and sign in, after onboarding the first time; return once all is loaded.

        Raises ``HomeAssistantError``.
        """
        await asyncio.to_thread(self._write_configuration)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "homeassistant", "--config", str(self.folder), "--skip-pip", "--log-no-color"),
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            await eventually("Home Assistant's address", self._is_reachable, _START_TIMEOUT)
            await self._sign_in()
            await eventually("Home Assistant's start", self._is_running, _START_TIMEOUT)
            await self._tidy()
        except (TimeoutError, ApiError, aiohttp.ClientError) as error:
            await self.kill()
            raise HomeAssistantError(f"{error}\n{self._log_tail()}") from error
        except BaseException:
            await self.kill()
            raise
        return self

    async def stop(self) -> None:
        """Stop in order, within some seconds."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it at once, as a power cut does."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop in order and start again with the same data; ``api`` is then a new one."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Self:
        """Start it for an ``async with`` block."""
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        """Stop it at the end of the block."""
        await self.stop()

    async def add_mqtt(self, broker: str, port: int, *, protocol: str = "5") -> None:
        """Set up Home Assistant's own MQTT integration, where it is not yet. Raises ``ApiError``."""
        if not await self.api.config_entries("mqtt"):
            tls = {"set_client_cert": False, "set_ca_cert": "off"}
            answers = {"broker": broker, "port": port, "protocol": protocol, "other_settings": tls}
            await self.api.run_flow("mqtt", answers)

    def _write_configuration(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = _CONFIGURATION.format(extra=self._configuration)
        if not self._onboarded.exists():
            text += _ADDRESS.format(host=LOOPBACK, port=self.port)
        (self.folder / "configuration.yaml").write_text(text, encoding="utf-8")
        for name in ("automations.yaml", "scripts.yaml"):
            (self.folder / name).touch()
        # A link, so that what runs is what is being edited.
        link = self.folder / "custom_components"
        if not link.is_symlink():
            link.symlink_to(ROOT / "custom_components", target_is_directory=True)

    async def _is_reachable(self) -> bool:
        """Say whether people can sign in, or begin the onboarding. Raises ``HomeAssistantError``."""
        if self._process is None or self._process.returncode is not None:
            raise HomeAssistantError(f"Home Assistant ended\n{self._log_tail()}")
        # Once all is done, Home Assistant has no address for its onboarding any more.
        path = "/auth/providers" if self._onboarded.exists() else "/api/onboarding"
        try:
            async with aiohttp.ClientSession(self.url) as session, session.get(path) as response:
                return response.ok
        except aiohttp.ClientError:
            return False

    async def _sign_in(self) -> None:
        client = {"client_id": f"{self.url}/"}
        async with aiohttp.ClientSession(self.url) as session:
            steps = await self._steps_to_do(session)
            code = await (self._make_user if "user" in steps else self._log_in)(session, client)
            data = {**client, "grant_type": "authorization_code", "code": code}
            async with session.post("/auth/token", data=data) as response:
                token = await _answer(response, "access_token")
        self._api = await HomeAssistantApi.connect(self.url, token)
        if "core_config" in steps:
            home = {"location_name": "Simulated home", "time_zone": "UTC", "country": "GB", "currency": "EUR"}
            await self.api.call("config/core/update", **home)
        for step in steps - {"user", "integration"}:
            await self.api.post(f"/api/onboarding/{step}")
        if "integration" in steps:
            await self.api.post("/api/onboarding/integration", {**client, "redirect_uri": client["client_id"]})
        if not self._onboarded.exists():
            await self._keep_address()
            self._onboarded.touch()

    async def _keep_address(self) -> None:
        """Confirm where it listens: unconfirmed, it gives that up and ends after five minutes."""
        if (await self.api.call("http/config"))["pending"] is not None:
            await self.api.call("http/config/promote")
        for issue in (await self.api.call("repairs/list_issues"))["issues"]:
            if issue["domain"] == "http":
                await self.api.call("repairs/ignore_issue", domain="http", issue_id=issue["issue_id"], ignore=True)

    async def _steps_to_do(self, session: aiohttp.ClientSession) -> set[str]:
        if self._onboarded.exists():
            return set()
        async with session.get("/api/onboarding") as response:
            return {step["step"] for step in await response.json() if not step["done"]}

    async def _make_user(self, session: aiohttp.ClientSession, client: dict[str, str]) -> str:
        person = {
            "name": self.person.name,
            "username": self.person.username,
            "password": self.person.password,
            "language": "en",
        }
        async with session.post("/api/onboarding/users", json={**client, **person}) as response:
            return await _answer(response, "auth_code")

    async def _log_in(self, session: aiohttp.ClientSession, client: dict[str, str]) -> str:
        flow = {**client, "handler": ["homeassistant", None], "redirect_uri": client["client_id"]}
        async with session.post("/auth/login_flow", json=flow) as response:
            flow_id = await _answer(response, "flow_id")
        login = {**client, "username": self.person.username, "password": self.person.password}
        async with session.post(f"/auth/login_flow/{flow_id}", json=login) as response:
            return await _answer(response, "result")

    async def _is_running(self) -> bool:
        return bool((await self.api.call("get_config"))["state"] == "RUNNING")

    async def _tidy(self) -> None:
        """Remove what onboarding adds unasked: it speaks to the Internet."""
        for entry in await self.api.config_entries():
            if entry["source"] == "onboarding":
                await self.api.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")

    async def _end(self, number: signal.Signals) -> None:
        if self._api is not None:
            await self._api.close()
            self._api = None
        process, self._process = self._process, None
        if process is None:
            return
        _signal(process, number)
        try:
            await asyncio.wait_for(process.wait(), _STOP_TIMEOUT)
        except TimeoutError:
            _signal(process, signal.SIGKILL)
            await process.wait()

    def _log_tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        # It leads a process group of its own, so this reaches its family and nobody else.
        os.killpg(process.pid, number)


async def _answer(response: aiohttp.ClientResponse, name: str) -> str:
    answer = await response.json()
    if not response.ok or name not in answer:
        raise ApiError("sign_in", f"{response.url.path}: {answer}")
    return str(answer[name])
