"""Home Assistant as a client sees it: its websocket, and the few things that only its REST API does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import count
import time
from typing import Any, Final, Self

import aiohttp

_POLL: Final = 0.05
_CLOSED: Final = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)

type Json = dict[str, Any]


class ApiError(RuntimeError):
    """Home Assistant refused; ``code`` is its own word for why."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code for who wants to tell refusals apart."""
        super().__init__(f"{code}: {message}")
        self.code = code


async def eventually[T](what: str, check: Callable[[], Awaitable[T]], within: float = 20.0) -> T:
    """Return the first true value of ``check``.

    Raises ``TimeoutError``, saying ``what`` did not come, after ``within`` seconds.
    """
    deadline = time.monotonic() + within
    while True:
        if value := await check():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within:g} s")
        await asyncio.sleep(_POLL)


class HomeAssistantApi:
    """One websocket, signed in. Calls may run side by side; each gets its own answer."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        """Take over an open websocket; ``connect`` is how one is made."""
        self._session = session
        self._socket = socket
        self._token = token
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._events: dict[int, asyncio.Queue[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str, token: str) -> Self:
        """Open a websocket to ``url`` with an access token. Raises ``ApiError`` when the token is refused."""
        session = aiohttp.ClientSession(url)
        try:
            socket = await session.ws_connect("/api/websocket", max_msg_size=0, heartbeat=30)
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": token})
            answer = await socket.receive_json()
        except BaseException:
            await session.close()
            raise
        if answer["type"] != "auth_ok":
            await session.close()
            raise ApiError(answer["type"], answer.get("message", ""))
        return cls(session, socket, token)

    async def close(self) -> None:
        """Close the websocket; calls still under way raise ``ConnectionError``."""
        await self._socket.close()
        await self._reading
        await self._session.close()

    async def call(self, command: str, **data: Any) -> Any:
        """Return the result of one websocket command. Raises ``ApiError`` or ``ConnectionError``."""
        return await self._ask(next(self._ids), command, data)

    async def call_action(
        self,
        domain: str,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        target: Mapping[str, Any] | None = None,
        return_response: bool = False,
    ) -> Any:
        """Perform an action and return its response, ``None`` when none is asked for. Raises ``ApiError``."""
        result = await self.call(
            "call_service",
            domain=domain,
            service=action,
            service_data=dict(data or {}),
            **({"target": dict(target)} if target else {}),
            return_response=return_response,
        )
        return result.get("response")

    async def states(self) -> dict[str, Json]:
        """Return every entity's state object by entity id."""
        return {state["entity_id"]: state for state in await self.call("get_states")}

    @asynccontextmanager
    async def subscribe(self, command: str, **data: Any) -> AsyncIterator[asyncio.Queue[Any]]:
        """Subscribe for the length of the block; what comes is put into the queue, oldest first."""
        number = next(self._ids)
        queue = self._events[number] = asyncio.Queue[Any]()
        try:
            await self._ask(number, command, data)
            yield queue
        finally:
            self._events.pop(number, None)
            if not self._socket.closed:
                await self.call("unsubscribe_events", subscription=number)

    @asynccontextmanager
    async def subscribe_events(self, event_type: str) -> AsyncIterator[asyncio.Queue[Any]]:
        """Follow one type of bus events; each has ``event_type``, ``data``, ``time_fired``."""
        async with self.subscribe("subscribe_events", event_type=event_type) as queue:
            yield queue

    async def get(self, path: str) -> Any:
        """Return the JSON of a REST address. Raises ``ApiError``."""
        return await self._rest("GET", path)

    async def read(self, path: str) -> bytes:
        """Return what is at an address, as it is. Raises ``ApiError``."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.get(path, headers=headers) as response:
            if not response.ok:
                raise ApiError(str(response.status), f"GET {path}: {await response.text()}")
            return await response.read()

    async def post(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """Post JSON to a REST address and return its JSON. Raises ``ApiError``."""
        return await self._rest("POST", path, data or {})

    async def delete(self, path: str) -> Any:
        """Delete what a REST address names. Raises ``ApiError``."""
        return await self._rest("DELETE", path)

    async def run_flow(self, domain: str, *answers: Mapping[str, Any]) -> Json:
        """Set up an integration: start its config flow and give its steps the ``answers`` in order.

        What an answer leaves out is filled in as the form has it. Returns the last step's result.
        Raises ``ApiError`` when a step refuses its answer.
        """
        return await self._run("/api/config/config_entries/flow", domain, answers)

    async def run_options_flow(self, entry_id: str, *answers: Mapping[str, Any]) -> Json:
        """Change an integration's options as ``run_flow`` sets one up; a menu is answered by ``next_step_id``."""
        return await self._run("/api/config/config_entries/options/flow", entry_id, answers)

    async def add_subentry(self, entry_id: str, kind: str, *answers: Mapping[str, Any]) -> Json:
        """Add a subentry of a kind to an integration's entry, as ``run_flow`` sets one up."""
        return await self._run("/api/config/config_entries/subentries/flow", (entry_id, kind), answers)

    async def _run(self, flows: str, handler: str | tuple[str, str], answers: Iterable[Mapping[str, Any]]) -> Json:
        step = await self.post(flows, {"handler": handler})
        for answer in answers:
            step = await self.post(f"{flows}/{step['flow_id']}", _filled_in(step.get("data_schema") or [], answer))
            if step.get("errors"):
                raise ApiError("flow", f"{handler}, step {step.get('step_id')}: {step['errors']}")
        if step["type"] == "abort":
            raise ApiError("flow", f"{handler}: {step['reason']}")
        return dict(step)

    async def config_entries(self, domain: str | None = None) -> list[Json]:
        """Return the config entries of an integration, or all."""
        return list(await self.call("config_entries/get", **({"domain": domain} if domain else {})))

    async def _rest(self, method: str, path: str, data: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.request(method, path, json=data, headers=headers) as response:
            if not response.ok:
                raise ApiError(str(response.status), f"{method} {path}: {await response.text()}")
            return await response.json()

    async def _ask(self, number: int, command: str, data: Mapping[str, Any]) -> Any:
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"id": number, "type": command, **data})
            message = await answer
        finally:
            self._answers.pop(number, None)
        if not message["success"]:
            raise ApiError(message["error"]["code"], f"{command}: {message['error']['message']}")
        return message["result"]

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type in _CLOSED:
                break
            self._sort(message.json())
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("Home Assistant closed the websocket"))

    def _sort(self, message: Json) -> None:
        if message["type"] == "event":
            if (queue := self._events.get(message["id"])) is not None:
                queue.put_nowait(message["event"])
        elif message["type"] == "result":
            answer = self._answers.get(message["id"])
            if answer is not None and not answer.done():
                answer.set_result(message)


def _filled_in(form: Iterable[Json], answer: Mapping[str, Any]) -> Json:
    """Add a form's defaults to an answer, as the frontend does when it shows the form."""
    filled = dict(answer)
    for field in form:
        name = field["name"]
        if field.get("type") == "expandable":
            filled[name] = _filled_in(field["schema"], answer.get(name, {}))
        elif "default" in field and field.get("required"):
            filled.setdefault(name, field["default"])
    return filled
