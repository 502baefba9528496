"""The fake Telegram itself: a thread with an HTTP server, and what a test does with it."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
import time
from typing import Any, Final, Self

from devkit.loop_thread import LoopThread

from .chats import BOT_ID, Chats, Person
from .door import Door
from .faults import Down, Fault
from .messages import Answer, Sent, Shown, command_entities
from .methods import Methods
from .pace import Pace
from .updates import Updates

TOKEN: Final = f"{BOT_ID}:{'A' * 35}"
_PATIENCE: Final = 60.0
_FIRST_QUERY: Final = 4_382_900_000_000_000_001


def _now() -> float:
    """Return the time; a test that freezes it freezes it here, too."""
    return time.time()


class FakeTelegram:
    """A Bot API server with one bot, within a ``with`` block; methods may be called from any thread."""

    def __init__(self, *, token: str = TOKEN, clock: Callable[[], float] = _now) -> None:
        """Prepare a bot that has this token; ``clock`` tells seconds since 1970."""
        self.token = token
        self._chats = Chats(clock)
        self._updates = Updates()
        self._methods = Methods(self._chats, self._updates)
        self._door = Door(token, self._methods)
        self._loop = LoopThread("telegram")
        self._queries = _FIRST_QUERY

    @property
    def url(self) -> str:
        """What is given as the API's endpoint; right for as long as the block lasts, also while it is down."""
        return self._door.url

    @property
    def requests(self) -> tuple[str, ...]:
        """The methods asked for so far, as they were spelled; each has got as far as it gets without waiting."""
        return self._do(lambda: tuple(self._door.requests))

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the bot has sent, in order; only what was taken."""
        return tuple(self._chats.sent)

    @property
    def changed(self) -> tuple[Sent, ...]:
        """What the bot has edited and deleted, in order."""
        return tuple(self._chats.changed)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """How the bot answered pressed buttons, in order."""
        return tuple(self._methods.answers)

    @property
    def pending(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self._updates)

    @property
    def webhook(self) -> str:
        """Where the bot wants its updates sent to; nothing is sent there."""
        return self._updates.webhook

    def add_user(self, user_id: int, first_name: str = "Ann", last_name: str = "") -> None:
        """Let somebody start the bot; before, it may not write to them."""
        self._do(lambda: self._chats.meet(Person(user_id=user_id, first_name=first_name, last_name=last_name)))

    def add_group(self, chat_id: int, title: str = "Family") -> None:
        """Invite the bot to a group; its number is negative."""
        self._do(lambda: self._chats.found(chat_id, title))

    def block(self, user_id: int) -> None:
        """Refuse what the bot sends to this user with 403, until `unblock`."""
        self._do(lambda: self._chats.blocked.add(user_id))

    def unblock(self, user_id: int) -> None:
        """Take what the bot sends to this user again."""
        self._do(lambda: self._chats.blocked.discard(user_id))

    def say(self, user_id: int, text: str, *, chat_id: int | None = None) -> int:
        """Let a user write to the bot, or into a group; return the message's number."""
        return self._do(lambda: self._say(user_id, text, chat_id or user_id))

    def press(self, callback_data: str, *, user_id: int | None = None, chat_id: int | None = None) -> str:
        """Press a button of the newest message that has it, as that chat's user or another; return the query's id.

        Raises ``LookupError`` where no message shows such a button.
        """
        return self._do(lambda: self._press(callback_data, user_id, chat_id))

    def shown(self, chat_id: int) -> tuple[Shown, ...]:
        """Return the bot's messages that a chat shows now, oldest first."""
        return self._do(lambda: self._chats.in_chat(chat_id))

    def written(self, chat_id: int) -> tuple[str, ...]:
        """Return what users wrote into a chat and the bot did not delete, oldest first."""
        return self._do(lambda: self._chats.written(chat_id))

    def limit(self, pace: Pace | None) -> None:
        """Refuse what comes faster with 429; None takes everything."""
        self._do(lambda: self._methods.keep_to(pace))

    def fail(self, fault: Fault, times: int = 1, *, on: str = "send") -> None:
        """Meet the next ``times`` requests whose method's name holds ``on`` (any letter case) with this fault."""
        self._do(lambda: self._door.faults.extend([(fault, on.lower())] * times))

    def fail_no_more(self) -> None:
        """Answer everything well from now on; what hangs goes on hanging."""
        self._do(self._door.faults.clear)

    def go_down(self, how: Down = Down.REFUSED) -> None:
        """Be unreachable until `come_back`; whoever waits for an answer loses the connection (not if ``SILENT``)."""
        self._await(lambda: self._door.go_down(how))

    def come_back(self) -> None:
        """Be reachable again, at the same address; nothing that was sent meanwhile is known."""
        self._await(self._door.come_back)

    @contextmanager
    def down(self, how: Down = Down.REFUSED) -> Iterator[None]:
        """Be unreachable within a block."""
        self.go_down(how)
        try:
            yield
        finally:
            self.come_back()

    def __enter__(self) -> Self:
        """Serve within the block."""
        with ExitStack() as stack:
            stack.enter_context(self._loop)
            self._await(self._door.open)
            # Let go of those that hang.
            stack.callback(lambda: self._await(self._door.close))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stack.close()

    def _say(self, user_id: int, text: str, chat_id: int) -> int:
        person, number = self._chats.person(user_id), self._chats.hear(chat_id, text)
        message = {
            "message_id": number,
            "from": person.resource,
            "chat": self._chats.chat(chat_id),
            "date": int(self._chats.clock()),
            "text": text,
        }
        if commands := command_entities(text):
            message["entities"] = commands
        self._updates.put("message", message)
        return number

    def _press(self, data: str, user_id: int | None, chat_id: int | None) -> str:
        shown = self._chats.with_button(data, chat_id)
        query_id, self._queries = str(self._queries), self._queries + 1
        query = {
            "id": query_id,
            "from": self._chats.person(user_id or shown.chat_id).resource,
            "message": self._chats.told(shown),
            "chat_instance": str(-shown.chat_id),
            "data": data,
        }
        self._methods.open_queries.add(query_id)
        self._updates.put("callback_query", query)
        return query_id

    def _do[T](self, work: Callable[[], T]) -> T:
        """Do something in the server's thread, where all that changes lives."""

        async def done() -> T:
            return work()

        return self._await(done)

    def _await[T](self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return self._loop.run(work(), _PATIENCE)
