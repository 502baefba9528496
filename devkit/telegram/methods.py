"""The methods of the Bot API, one function each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
import itertools
from typing import Any, Final

from . import rules
from .chats import Chats
from .faults import BadRequestError
from .messages import Answer, Picture, Sent, Shown
from .pace import Pace
from .updates import Updates

MOST_PATIENCE: Final = 50
_FILE: Final = "photos/{}.jpg"

type Params = Mapping[str, Any]
type Method = Callable[[Params], Awaitable[Any]]


class Methods:
    """What a bot may ask for. A file that was uploaded is ``bytes`` among the parameters, under its field's name."""

    def __init__(self, chats: Chats, updates: Updates) -> None:
        """Work on these."""
        self.chats = chats
        self.updates = updates
        self.pace: Pace | None = None
        self.logged_out = False
        self.answers: list[Answer] = []
        self.open_queries: set[str] = set()
        self._files = itertools.count(1)
        self._table: dict[str, Method] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "logout": self._log_out,
            "getchat": self._get_chat,
            "getfile": self._get_file,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "sendmediagroup": self._send_media_group,
            "sendchataction": self._send_chat_action,
            "editmessagetext": self._edit_message_text,
            "editmessagecaption": self._edit_message_caption,
            "editmessagereplymarkup": self._edit_message_reply_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_callback_query,
        }

    def named(self, name: str) -> Method | None:
        """Return a method by its name, in any letter case."""
        return self._table.get(name.lower())

    def keep_to(self, pace: Pace | None) -> None:
        """Refuse what comes faster from now on."""
        self.pace = pace

    async def _get_me(self, _: Params) -> Any:
        can = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**self.chats.bot, **can}

    async def _get_updates(self, params: Params) -> Any:
        self.updates.want(rules.decoded(params, "allowed_updates"))
        patience = min(max(0, rules.whole(params, "timeout")), MOST_PATIENCE)
        limit = min(max(1, rules.whole(params, "limit", 100)), 100)
        return await self.updates.take(rules.whole(params, "offset"), limit, patience)

    async def _set_webhook(self, params: Params) -> Any:
        self.updates.want(rules.decoded(params, "allowed_updates"))
        self._drop_if_asked(params)
        url = str(params.get("url", ""))
        if url and not url.startswith("https://"):
            raise BadRequestError("bad webhook: An HTTPS URL must be provided for webhook")
        self.updates.webhook = url
        return True

    async def _delete_webhook(self, params: Params) -> Any:
        self._drop_if_asked(params)
        self.updates.webhook = ""
        return True

    async def _get_webhook_info(self, _: Params) -> Any:
        waiting = len(self.updates)
        return {"url": self.updates.webhook, "has_custom_certificate": False, "pending_update_count": waiting}

    def _drop_if_asked(self, params: Params) -> None:
        if _flag(params, "drop_pending_updates"):
            self.updates.drop()

    async def _log_out(self, _: Params) -> Any:
        self.logged_out = True
        return True

    async def _get_chat(self, params: Params) -> Any:
        chat = self.chats.chat(params.get("chat_id"))
        return {**chat, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}

    async def _get_file(self, params: Params) -> Any:
        file_id = str(params.get("file_id", ""))
        content = self.chats.files.get(file_id)
        if content is None:
            raise BadRequestError("wrong file_id or the file is temporarily unavailable")
        size = {"file_size": len(content), "file_path": _FILE.format(file_id)}
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", **size}

    async def _send_message(self, params: Params) -> Any:
        chat_id, text, buttons = self._chat(params), rules.text_of(params), rules.keyboard_of(params)
        self._take(chat_id, 1)
        shown = self.chats.show(chat_id, text, buttons=buttons)
        self._keep("sendMessage", shown, params)
        return self.chats.told(shown[0])

    async def _send_photo(self, params: Params) -> Any:
        chat_id, caption, buttons = self._chat(params), rules.caption_of(params), rules.keyboard_of(params)
        picture = self._picture(params.get("photo"), caption)
        self._take(chat_id, 1)
        shown = self.chats.show(chat_id, caption, [picture], buttons=buttons)
        self._keep("sendPhoto", shown, params, raw=str(params.get("caption", "")))
        return self.chats.told(shown[0])

    async def _send_media_group(self, params: Params) -> Any:
        chat_id, items = self._chat(params), rules.album_of(params)
        pictures = [self._picture(_attached(item, params), rules.caption_of(item)) for item in items]
        self._take(chat_id, len(pictures))
        shown = self.chats.show(chat_id, "", pictures)
        first = next((item for item in items if item.get("caption")), items[0])
        self._keep("sendMediaGroup", shown, {**params, **first}, raw=str(first.get("caption", "")))
        return [self.chats.told(each) for each in shown]

    async def _send_chat_action(self, params: Params) -> Any:
        self._chat(params)
        return True

    async def _edit_message_text(self, params: Params) -> Any:
        shown, text = self._to_edit(params), rules.text_of(params)
        if shown.picture:
            raise BadRequestError("there is no text in the message to edit")
        return self._change("editMessageText", shown, params, text=text)

    async def _edit_message_caption(self, params: Params) -> Any:
        shown, caption = self._to_edit(params), rules.caption_of(params)
        if not shown.picture:
            raise BadRequestError("there is no caption in the message to edit")
        return self._change("editMessageCaption", shown, params, text=caption)

    async def _edit_message_reply_markup(self, params: Params) -> Any:
        shown = self._to_edit(params)
        return self._change("editMessageReplyMarkup", shown, params, text=shown.text)

    async def _delete_message(self, params: Params) -> Any:
        shown = self.chats.delete(params.get("chat_id"), rules.whole(params, "message_id"))
        self.chats.changed.append(self._sent("deleteMessage", [shown], params, raw=""))
        return True

    async def _answer_callback_query(self, params: Params) -> Any:
        query_id, text = str(params.get("callback_query_id", "")), str(params.get("text", ""))
        if query_id not in self.open_queries:
            raise BadRequestError("query is too old and response timeout expired or query ID is invalid")
        if len(text) > rules.MOST_ANSWER:
            raise BadRequestError("MESSAGE_TOO_LONG")
        self.open_queries.remove(query_id)
        alert = _flag(params, "show_alert")
        self.answers.append(Answer(query_id=query_id, at=self.chats.clock(), text=text, alert=alert))
        return True

    def _chat(self, params: Params) -> int:
        return self.chats.writable(params.get("chat_id"))

    def _take(self, chat_id: int, count: int) -> None:
        if self.pace:
            self.pace.take(chat_id, count, self.chats.clock())

    def _picture(self, content: object, caption: str) -> Picture:
        if not isinstance(content, bytes):
            raise BadRequestError("there is no photo in the request")
        width, height = rules.size_of(content)
        file_id = f"photo{next(self._files)}"
        return Picture(content=content, caption=caption, width=width, height=height, file_id=file_id)

    def _to_edit(self, params: Params) -> Shown:
        self._chat(params)
        return self.chats.find(params.get("chat_id"), rules.whole(params, "message_id"), "edit")

    def _change(self, method: str, shown: Shown, params: Params, *, text: str) -> Mapping[str, Any]:
        buttons = rules.keyboard_of(params)
        if (text, buttons) == (shown.text, shown.buttons):
            same = "specified new message content and reply markup are exactly the same as a current content"
            raise BadRequestError(f"message is not modified: {same} and reply markup of the message")
        shown.text, shown.buttons, shown.edited = text, buttons, int(self.chats.clock())
        raw = str(params.get("text", params.get("caption", "")))
        self.chats.changed.append(self._sent(method, [shown], params, raw=raw))
        return self.chats.told(shown)

    def _keep(self, method: str, shown: Sequence[Shown], params: Params, *, raw: str | None = None) -> None:
        raw = str(params.get("text", "")) if raw is None else raw
        self.chats.sent.append(self._sent(method, shown, params, raw=raw))

    def _sent(self, method: str, shown: Sequence[Shown], params: Params, *, raw: str) -> Sent:
        return Sent(
            method=method,
            at=self.chats.clock(),
            chat_id=shown[0].chat_id,
            message_ids=tuple(each.message_id for each in shown),
            text=next((each.text for each in shown if each.text), ""),
            raw=raw,
            parse_mode=str(params.get("parse_mode", "")),
            pictures=tuple(each.picture for each in shown if each.picture),
            buttons=shown[0].buttons,
            silent=_flag(params, "disable_notification"),
            reply_to=_reply_to(params),
        )


_NO_GIFTS: Final = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


def _flag(params: Params, key: str) -> bool:
    return str(params.get(key, "")).lower() in {"true", "1"}


def _attached(item: Mapping[str, Any], params: Params) -> object:
    media = str(item.get("media", ""))
    if not media.startswith("attach://"):
        raise BadRequestError("wrong file identifier/HTTP URL specified")
    return params.get(media.removeprefix("attach://"))


def _reply_to(params: Params) -> int | None:
    parameters = rules.decoded(params, "reply_parameters")
    replied = parameters.get("message_id") if isinstance(parameters, dict) else params.get("reply_to_message_id")
    return int(replied) if replied else None
