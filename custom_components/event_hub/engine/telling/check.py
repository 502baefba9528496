"""Which channels may be set up: checked here, so that no interface has to."""

from collections.abc import Mapping
import re
from types import MappingProxyType
from typing import Final

from ..errors import InvalidRuleError
from .languages import LANGUAGES, base_of
from .model import Channel, ChannelKind, Pictures

NAME_LIMIT: Final = 100
INTERVAL_LIMITS: Final = (0.0, 3600.0)
DEADLINE_LIMITS: Final = (5.0, 7200.0)
GATHER_LIMITS: Final = (0.0, 10.0)
LENGTH_LIMITS: Final = (40, 10_000)

_TARGETS: Final[Mapping[ChannelKind, tuple[re.Pattern[str], str]]] = MappingProxyType(
    {
        ChannelKind.NOTIFY_ENTITY: (re.compile(r"notify\.[a-z0-9_]+"), "an entity such as notify.neighbour"),
        ChannelKind.ACTION: (re.compile(r"[a-z0-9_]+\.[a-z0-9_]+"), "an action such as script.send_sms"),
        ChannelKind.TELEGRAM: (
            re.compile(r"notify\.[a-z0-9_]+|-?[0-9]{1,20}"),
            "an entity such as notify.family_chat, or the number of a chat",
        ),
        ChannelKind.MOBILE_APP: (
            re.compile(r"notify\.mobile_app_[a-z0-9_]+"),
            "an action such as notify.mobile_app_annas_phone",
        ),
    }
)
_PICTURES: Final[Mapping[ChannelKind, tuple[Pictures, ...]]] = MappingProxyType(
    {
        ChannelKind.NOTIFY_ENTITY: (Pictures.NONE,),
        ChannelKind.ACTION: (Pictures.NONE, Pictures.ONE),
        ChannelKind.TELEGRAM: (Pictures.NONE, Pictures.ONE, Pictures.ALBUM),
        ChannelKind.MOBILE_APP: (Pictures.NONE, Pictures.ONE),
    }
)


def check_channel(channel: Channel) -> None:
    """Check a channel before it is set up. Raises ``InvalidRuleError``, which names the setting."""
    _check_words(channel)
    _within("min_interval", channel.min_interval, INTERVAL_LIMITS)
    _within("gather", channel.gather, GATHER_LIMITS)
    _within("deadline", channel.deadline, DEADLINE_LIMITS)
    _within("max_length", channel.max_length, LENGTH_LIMITS)
    # Else whatever waits for its turn would be taken for undelivered.
    if channel.deadline <= channel.min_interval + channel.gather:
        raise InvalidRuleError("deadline", "longer than the shortest time between two messages")
    if channel.pictures not in _PICTURES[channel.kind]:
        raise InvalidRuleError("pictures", ", ".join(_PICTURES[channel.kind]))
    if channel.buttons and channel.kind is not ChannelKind.MOBILE_APP:
        raise InvalidRuleError("buttons", "for mobile apps only")
    for setting, chosen in (("topics", channel.topics), ("buttons", channel.buttons)):
        if len(set(chosen)) != len(chosen):
            raise InvalidRuleError(setting, "each once")


def _check_words(channel: Channel) -> None:
    for setting, text in (("channel_id", channel.channel_id), ("name", channel.name)):
        if not text.strip() or len(text) > NAME_LIMIT:
            raise InvalidRuleError(setting, f"1 to {NAME_LIMIT} characters")
    pattern, allowed = _TARGETS[channel.kind]
    if not pattern.fullmatch(channel.target):
        raise InvalidRuleError("target", allowed)
    if base_of(channel.language) not in LANGUAGES:
        raise InvalidRuleError("language", ", ".join(sorted(LANGUAGES)))


def _within(setting: str, value: float, limits: tuple[float, float]) -> None:
    lowest, highest = limits
    # Written so that what is no number is not within either.
    if not lowest <= value <= highest:
        raise InvalidRuleError(setting, f"{lowest:g} to {highest:g}")
