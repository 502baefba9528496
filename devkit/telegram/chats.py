"""The people and groups behind Telegram, and what stands in their chats."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
import itertools
from typing import Any, Final

from .faults import BadRequestError, RefusedError
from .messages import Button, Picture, Sent, Shown, resource

BOT_ID: Final = 123456789


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user; ``chat_id`` of their private chat is the same as ``user_id``."""

    user_id: int
    first_name: str
    last_name: str = ""

    @property
    def resource(self) -> dict[str, Any]:
        """Return them as the Bot API tells a user."""
        last = {"last_name": self.last_name} if self.last_name else {}
        return {"id": self.user_id, "is_bot": False, "first_name": self.first_name, "language_code": "en", **last}


class Chats:
    """Every chat the bot may write to. Everything runs in the server's event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with nobody."""
        self.clock = clock
        self.sent: list[Sent] = []
        self.changed: list[Sent] = []
        self.blocked: set[int] = set()
        self.files: dict[str, bytes] = {}
        self.bot = {"id": BOT_ID, "is_bot": True, "first_name": "Home", "username": "home_bot"}
        self._people: dict[int, Person] = {}
        self._groups: dict[int, str] = {}
        self._shown: dict[tuple[int, int], Shown] = {}
        self._heard: dict[tuple[int, int], Shown] = {}
        self._numbers = itertools.count(1)
        self._albums = itertools.count(13_000_000_000_000_001)

    def meet(self, person: Person) -> None:
        """Know a user from now on: they have started the bot."""
        self._people[person.user_id] = person

    def found(self, chat_id: int, title: str) -> None:
        """Know a group from now on."""
        self._groups[chat_id] = title

    def person(self, user_id: int) -> Person:
        """Return a user. Whoever is not known yet is now, as with the real one: who writes has started the bot."""
        return self._people.setdefault(user_id, Person(user_id=user_id, first_name=f"User {user_id}"))

    def chat(self, chat_id: Any) -> dict[str, Any]:
        """Return a chat as the Bot API tells it. Raises ``BadRequestError`` where the bot was never invited."""
        try:
            number = int(chat_id)
        except TypeError, ValueError:
            raise BadRequestError("chat_id is empty" if not chat_id else "chat not found") from None
        if number in self._groups:
            return {"id": number, "type": "group", "title": self._groups[number]}
        if number not in self._people:
            raise BadRequestError("chat not found")
        told = self._people[number].resource
        return {"id": number, "type": "private"} | {
            key: told[key] for key in ("first_name", "last_name") if key in told
        }

    def writable(self, chat_id: Any) -> int:
        """Return the number of a chat that takes messages. Raises ``RefusedError``."""
        number = int(self.chat(chat_id)["id"])
        if number in self.blocked:
            raise RefusedError(HTTPStatus.FORBIDDEN, "Forbidden: bot was blocked by the user")
        return number

    def next_number(self) -> int:
        """Return the next message's number; those of users count along."""
        return next(self._numbers)

    def show(
        self,
        chat_id: int,
        text: str,
        pictures: Iterable[Picture] = (),
        *,
        buttons: tuple[tuple[Button, ...], ...] = (),
    ) -> list[Shown]:
        """Put a message, or one for each picture, into a chat."""
        each: list[Picture | None] = list(pictures) or [None]
        album = str(next(self._albums)) if len(each) > 1 else ""
        date = int(self.clock())
        new = [
            Shown(
                message_id=self.next_number(),
                chat_id=chat_id,
                date=date,
                text=picture.caption if picture else text,
                picture=picture,
                buttons=buttons,
                album=album,
            )
            for picture in each
        ]
        for shown in new:
            self._shown[chat_id, shown.message_id] = shown
            if shown.picture:
                self.files[shown.picture.file_id] = shown.picture.content
        return new

    def find(self, chat_id: Any, message_id: int, to_do: str) -> Shown:
        """Return a message of the bot. Raises ``BadRequestError``."""
        number = int(self.chat(chat_id)["id"])
        shown = self._shown.get((number, message_id))
        if shown is None:
            raise BadRequestError(f"message to {to_do} not found")
        return shown

    def hear(self, chat_id: int, text: str) -> int:
        """Put a user's message into a chat; return its number."""
        number = self.next_number()
        self._heard[chat_id, number] = Shown(message_id=number, chat_id=chat_id, date=int(self.clock()), text=text)
        return number

    def written(self, chat_id: int) -> tuple[str, ...]:
        """Return what users wrote into a chat and is still there, oldest first."""
        return tuple(heard.text for (chat, _), heard in sorted(self._heard.items()) if chat == chat_id)

    def delete(self, chat_id: Any, message_id: int) -> Shown:
        """Take a message away; that of a user only where the bot is alone with them. Raises ``BadRequestError``."""
        number = int(self.chat(chat_id)["id"])
        if (number, message_id) in self._heard:
            if number in self._groups:
                raise BadRequestError("message can't be deleted")
            return self._heard.pop((number, message_id))
        shown = self.find(chat_id, message_id, "delete")
        return self._shown.pop((shown.chat_id, shown.message_id))

    def in_chat(self, chat_id: int) -> tuple[Shown, ...]:
        """Return the bot's messages that a chat shows, oldest first."""
        return tuple(shown for (chat, _), shown in sorted(self._shown.items()) if chat == chat_id)

    def with_button(self, data: str, chat_id: int | None) -> Shown:
        """Return the newest message with a button of this data. Raises ``LookupError``."""
        for (chat, _), shown in sorted(self._shown.items(), key=lambda item: item[0][1], reverse=True):
            if chat_id in {None, chat} and any(button.data == data for row in shown.buttons for button in row):
                return shown
        raise LookupError(f"no message has a button {data!r}")

    def told(self, shown: Shown) -> Mapping[str, Any]:
        """Return a message of the bot as the Bot API tells it."""
        return resource(shown, sender=self.bot, chat=self.chat(shown.chat_id))
