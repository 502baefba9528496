"""Triggers on their way to people: each waits until its picture is there, which is within this turn of the loop."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from .engine.model import PANIC_KEY, REPORT_KEY, Decision
from .engine.telling.model import Picture, Telling
from .telling_pictures import ToldPictures
from .telling_producers import report_of, trigger_of
from .wire.detection import DetectionStatus

if TYPE_CHECKING:
    from .hub import Hub

# What cameras show so soon after somebody asked for a report is part of it.
REPORT_SPAN: Final = 60.0


class TriggerTellings:
    """Makes tellings of triggers. All methods belong in the event loop."""

    def __init__(self, hub: Hub, pictures: ToldPictures, post: Callable[[Telling], None]) -> None:
        """Serve a hub; what is to be told goes to ``post``."""
        self._hub = hub
        self._pictures = pictures
        self._post = post
        self._waiting: list[tuple[Decision, int | None]] = []
        self._reported_at = float("-inf")

    @property
    def waiting(self) -> int:
        """How many triggers wait for their pictures."""
        return len(self._waiting)

    @callback
    def take(self, decision: Decision) -> None:
        """Take a trigger. A call for help is told at once: it has no picture, and who called waits for the disk."""
        if decision.input_key == PANIC_KEY:
            self._tell(decision, None)
            return
        if not self._waiting:
            self._hub.hass.loop.call_soon(self.flush)
        # What is seen next would count otherwise.
        self._waiting.append((decision, self._people(decision)))

    @callback
    def flush(self) -> None:
        """Tell what waits."""
        waiting, self._waiting = self._waiting, []
        for decision, people in waiting:
            self._tell(decision, people)

    @callback
    def picture(self, device_key: str) -> Picture:
        """Return the newest picture of a camera, of which a copy is kept."""
        image = self._hub.images.get(device_key)
        return Picture(device_key=device_key, storage_id=None if image is None else self._pictures.keep(image))

    def _tell(self, decision: Decision, people: int | None) -> None:
        telling = self._telling(decision, people)
        if telling is not None:
            self._post(telling)

    def _telling(self, decision: Decision, people: int | None) -> Telling | None:
        state = self._hub.state
        if decision.input_key == REPORT_KEY:
            self._reported_at = decision.at
            return report_of(state, decision)
        if not self._hub.telling.channels:
            return None
        telling = trigger_of(state, decision, people=people, by_button=self._was_asked_for(decision))
        if telling is None or not decision.has_image:
            return telling
        return replace(telling, picture=self.picture(decision.input_key))

    def _people(self, decision: Decision) -> int | None:
        """Return how many people are in the picture of a trigger; ``None`` where nobody looked for them."""
        status = self._hub.state.input_status.get(decision.input_key)
        if not decision.has_image or status is None or status.detection is not DetectionStatus.DONE:
            return None
        return status.people

    def _was_asked_for(self, decision: Decision) -> bool:
        """Whether a camera shows what the *Report* button asked it for."""
        if not decision.has_image or not 0 <= decision.at - self._reported_at <= REPORT_SPAN:
            return False
        button = self._hub.state.inputs.get(REPORT_KEY)
        return button is not None and decision.input_key in button.links
