"""A real browser without a window, driven through its own debugging interface: what people see, and what they press."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
import json
import os
from pathlib import Path
import shutil
import signal
import tempfile
from typing import Any, Final

import aiohttp

from .brokers import LOOPBACK
from .home_assistant_api import eventually

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE: Final = 20.0
_SETTLE: Final = 0.3
_START: Final = 30.0
# Home Assistant's pages are made of components that hide what they are made of, so all searching goes through these.
_HELPERS: Final = """
window.all = function* (root = document) {
  for (const one of root.querySelectorAll('*')) {
    yield one;
    if (one.shadowRoot) yield* all(one.shadowRoot);
  }
};
window.shown = (one) => { const box = one.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
window.find = (selector) => [...all()].find((one) => one.matches(selector) && shown(one));
window.textOf = (one) =>
  [...one.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join('').replace(/\\s+/g, ' ').trim();
window.findField = (label) => {
  const named = [...all()].filter((one) => one.label === label && one.shadowRoot && shown(one));
  return named.flatMap((one) => [...all(one.shadowRoot)]).find((one) => one.matches('input, textarea') && shown(one));
};
window.findText = (text) => [...all()].findLast((one) => textOf(one) === text && shown(one));
"""


class BrowserError(RuntimeError):
    """The browser did not start, or a page does not have what was looked for; the text says what."""


class Page:
    """One tab. Lengths are in CSS pixels."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take over the debugging connection of a tab."""
        self._socket = socket
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call one method of the debugging interface. Raises ``BrowserError``."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        message = await asyncio.wait_for(answer, _PATIENCE)
        if "error" in message:
            raise BrowserError(f"{method}: {message['error']['message']}")
        return dict(message["result"])

    async def size(self, width: int, height: int, *, scale: float = 1.0, dark: bool = False) -> None:
        """Set the size of the window, how many pixels a CSS pixel has, and what people prefer."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        await self.call("Emulation.setEmulatedMedia", features=features)

    async def go(self, url: str) -> None:
        """Open an address."""
        await self.call("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression, once it has one. Raises ``BrowserError``."""
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", {}).get("description", script)))
        return answer["result"].get("value")

    async def until(self, script: str, within: float = _PATIENCE) -> Any:
        """Wait for an expression to become true and return it. Raises ``TimeoutError``."""

        async def look() -> Any:
            try:
                return await self.evaluate(script)
            except BrowserError:
                # The page is between two documents.
                return None

        return await eventually(script, look, within)

    async def until_text(self, text: str, within: float = _PATIENCE) -> None:
        """Wait until a text, whole and alone, is on the page. Raises ``TimeoutError``."""
        await self.until(f"!!findText({json.dumps(text)})", within)

    async def click(self, selector: str) -> None:
        """Press the first thing that a CSS selector finds. Raises ``TimeoutError``."""
        await self.press(f"find({json.dumps(selector)})")

    async def click_text(self, text: str) -> None:
        """Press the last thing that says just this. Raises ``TimeoutError``."""
        await self.press(f"findText({json.dumps(text)})")

    async def fill(self, label: str, text: str) -> None:
        """Replace what is in the field of this label. Raises ``TimeoutError``."""
        await self._write(f"findField({json.dumps(label)})", text)

    async def fill_in(self, selector: str, text: str) -> None:
        """Replace what is in the field that a CSS selector finds. Raises ``TimeoutError``."""
        await self._write(f"find({json.dumps(selector)})", text)

    async def type(self, text: str) -> None:
        """Type into what has the focus."""
        await self.call("Input.insertText", text=text)

    async def key(self, key: str, code: int, text: str = "") -> None:
        """Press a key by its name and number."""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)

    async def picture(self, clip: Mapping[str, float] | None = None) -> bytes:
        """Return what is shown as PNG, or the part with ``x``, ``y``, ``width`` and ``height``."""
        part = {"clip": {**clip, "scale": 1}} if clip else {}
        answer = await self.call("Page.captureScreenshot", format="png", **part)
        return base64.b64decode(answer["data"])

    async def _write(self, field: str, text: str) -> None:
        async def written() -> bool:
            # Forms are drawn more than once, and forget what was typed between.
            await self.press(field)
            await self.evaluate(f"{field}.select()")
            await self.type(text)
            await asyncio.sleep(_SETTLE)
            return bool(await self.evaluate(f"{field}?.value === {json.dumps(text)}"))

        await eventually(f"{text} in {field}", written, _PATIENCE)

    async def press(self, thing: str) -> None:
        """Press what a JavaScript expression gives, once it gives something. Raises ``TimeoutError``."""
        place = await self.until(
            f"(() => {{ const one = {thing}; if (!one) return null; one.scrollIntoView({{block: 'nearest'}});"
            " const box = one.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    async def prepare(self) -> None:
        """Make the searching functions known to every document that is opened."""
        await self.call("Page.enable")
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=_HELPERS)

    async def close(self) -> None:
        """End the connection."""
        await self._socket.close()
        await self._reading

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            content = message.json()
            answer = self._answers.pop(content.get("id", 0), None)
            if answer is not None and not answer.done():
                answer.set_result(content)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(BrowserError("The browser is gone"))


@asynccontextmanager
async def open_page() -> AsyncIterator[Page]:
    """Run a browser for the length of the block and give its one tab. Raises ``BrowserError``."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise BrowserError("There is no browser here: install Chromium")
    with tempfile.TemporaryDirectory(prefix="event_hub_browser_", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            program,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--lang=en"),
            *(f"--user-data-dir={folder}", "--remote-debugging-port=0", "about:blank"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = await _address(process, Path(folder) / "DevToolsActivePort")
            async with aiohttp.ClientSession(f"http://{address}") as session:
                page = await _first_tab(session)
                try:
                    yield page
                finally:
                    await page.close()
        finally:
            if process.returncode is None:
                # It leads a process group of its own, so this reaches its family and nobody else.
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


async def _first_tab(session: aiohttp.ClientSession) -> Page:
    async with session.get("/json/list") as response:
        tabs = [tab for tab in await response.json() if tab["type"] == "page"]
    address = tabs[0]["webSocketDebuggerUrl"]
    page = Page(await session.ws_connect(address, max_msg_size=0, heartbeat=None))
    await page.prepare()
    return page


async def _address(process: asyncio.subprocess.Process, told: Path) -> str:
    """Return where the browser listens, which it writes into a file. Raises ``BrowserError``."""

    async def look() -> str:
        if process.returncode is not None:
            raise BrowserError(f"The browser ended at once, with {process.returncode}")
        try:
            lines = (await asyncio.to_thread(told.read_text)).splitlines()
        except FileNotFoundError:
            lines = []
        return f"{LOOPBACK}:{lines[0]}" if len(lines) > 1 else ""

    return await eventually("the browser's address", look, _START)


async def sign_in(page: Page, url: str, username: str, password: str) -> None:
    """Sign in to Home Assistant with its form. Raises ``TimeoutError``."""
    await page.go(url)
    for name, text in (("username", username), ("password", password)):
        await page.fill_in(f"input[name={name}]", text)
    await page.key("Enter", 13, "\r")
    await page.until("!!find('home-assistant-main')")
