"""What is answered in a chat to whoever asks the alarm for something."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from .alarm_desk import AlarmRefusedError, Requester
from .alarm_views import PartitionView
from .chat_asked import Answer, Asked
from .engine.alarm.codes import Path
from .engine.alarm.model import Action, Mode
from .engine.alarm.status import Phase
from .engine.chat.alarm_words import AlarmWords, has_digits, read_alarm_words
from .engine.chat.commands import Command, NotACommand, Verb
from .engine.chat.naming import Names, Thing, index, similar
from .engine.chat.wording import MESSAGE_LIMIT, Voice, quoted, short, whole
from .engine.names import fold
from .engine.telling.cutting import ELLIPSIS, size, tidy
from .house_words import last_alarm, look_at, partition_state, status_lines
from .hub import Hub
from .identifiers import name_of
from .storage.code_hash import SHORTEST

_ACTIONS: Final[Mapping[Verb, Action]] = {
    Verb.ARM: Action.ARM,
    Verb.DISARM: Action.DISARM,
    Verb.SILENCE: Action.SILENCE,
    Verb.ACKNOWLEDGE: Action.ACKNOWLEDGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of which partition."""

    verb: Verb
    partition_id: str
    words: AlarmWords


async def async_status(asked: Asked) -> Answer:
    """Tell how everything is, and what was the last alarm."""
    hub, voice = asked.hub, asked.voice
    last = last_alarm(hub, tuple(hub.alarm.partitions), voice) if hub.alarm.partitions else ""
    # However much there is to tell, that is told.
    lines = whole(status_lines(hub, voice), MESSAGE_LIMIT - size(last) - 1)
    return Answer(text=whole((lines, last)) or voice.says.house.all_closed)


async def async_alarm(asked: Asked) -> Answer:
    """Arm, disarm, silence or acknowledge; whatever is in the way is told in words."""
    hub, says = asked.hub, asked.voice.says
    if not hub.alarm.partitions:
        return Answer(text=says.guidance.no_partitions, alert=True)
    verb = asked.command.verb
    words = read_alarm_words(asked.command.words, partition_names(hub), asked.voice.modes if verb is Verb.ARM else None)
    chosen = choose_partition(hub, words.partitions, _ACTIONS[verb])
    if isinstance(chosen, str):
        return await _async_ask(asked, Wish(verb=verb, partition_id=chosen, words=words))
    lines = which_of(hub, chosen, _ACTIONS[verb], asked.voice, coded=bool(words.left))
    if lines[-1] != _nowhere(_ACTIONS[verb], asked.voice):
        lines = (*lines, _example(asked, chosen[0]))
    return Answer(text=whole(lines), alert=True)


async def async_press(asked: Asked, partition_id: str) -> Answer:
    """Silence or acknowledge, where a button says so; whatever is in the way is told in words."""
    return await _async_ask(asked, Wish(verb=asked.command.verb, partition_id=partition_id, words=AlarmWords()))


def may_hold_code(hub: Hub, command: Command | NotACommand, voice: Voice) -> bool:
    """Whether a code may be in a command, also in a mistyped one, so that it must not stay in the chat."""
    if isinstance(command, NotACommand):
        return command.has_more and any(verb in _ACTIONS for verb in command.verbs)
    if command.verb not in _ACTIONS:
        return False
    is_arm = command.verb is Verb.ARM
    words = read_alarm_words(command.words, partition_names(hub), voice.modes if is_arm else None)
    if not words.left or not is_arm or _could_be_code(hub, words.left):
        return bool(words.left)
    return any(hub.alarm.code_needed(each, Action.ARM, Path.CHAT) for each in hub.alarm.partitions)


def partition_names(hub: Hub, keys: Iterable[str] | None = None) -> Names:
    """Return the partitions, those of ``keys`` or all, by what they are called."""
    partitions = hub.alarm.partitions
    return index(Thing(key=key, shown=partitions[key].name) for key in (partitions if keys is None else keys))


def choose_partition(hub: Hub, named: tuple[str, ...], action: Action) -> str | tuple[str, ...]:
    """Return the partition that is meant, or those among which must be chosen.

    Where none is named, that is the only one, or the only one which the action is for: an armed one is disarmed, one
    that sounds is silenced. A master stands for its members.
    """
    partitions = hub.alarm.partitions
    members = {member for each in partitions.values() for member in each.members}
    candidates = named or tuple(key for key in partitions if key not in members)
    fitting = tuple(key for key in candidates if _fits(hub, key, action))
    for some in (candidates, fitting):
        if len(some) == 1:
            return some[0]
    return fitting or candidates


def which_of(hub: Hub, chosen: tuple[str, ...], action: Action, voice: Voice, *, coded: bool) -> tuple[str, ...]:
    """Return what is said where one of several partitions must be chosen. Where the action is for none, that is.

    ``coded``: with what may be a code, it can be chosen all the same, because the code may be one for duress.
    """
    says = voice.says.guidance
    which = says.which_partition.format(names=voice.listed(called(hub, each) for each in chosen))
    nowhere = _nowhere(action, voice)
    if nowhere is None or any(_fits(hub, each, action) for each in hub.alarm.partitions):
        return (which,)
    return (nowhere, which) if coded else (nowhere,)


def called(hub: Hub, partition_id: str) -> str:
    """Return by what a partition is named: two of one name are told apart by their keys."""
    name = hub.alarm.partitions[partition_id].name
    alike = [each for each in hub.alarm.partitions.values() if fold(each.name) == fold(name)]
    return tidy(name) if len(alike) == 1 else partition_id


def refused(hub: Hub, error: AlarmRefusedError, voice: Voice) -> str:
    """Return in words why the alarm did not do something, with what is wrong with each zone."""
    facts = {"name": "", "zones": "", "until": "", **(error.translation_placeholders or {})}
    facts["name"] = short(facts["name"])
    problems: dict[str, list[str]] = {}
    for each in error.problems:
        name = name_of(each.zone, hub.state.inputs, hub.state.outputs)
        problems.setdefault(name, []).append(getattr(voice.says.problems, each.problem.value, each.problem.value))
    if problems:
        facts["zones"] = voice.listed(f"{name} ({', '.join(dict.fromkeys(wrong))})" for name, wrong in problems.items())
    return voice.refusal(error.reason, problem=str(error), **facts)


async def _async_ask(asked: Asked, wish: Wish) -> Answer:
    desk, says = asked.hub.alarm, asked.voice.says
    problem = _unclear(asked, wish)
    if problem is not None:
        return Answer(text=problem, alert=True)
    by = Requester(path=Path.CHAT, name=asked.by, context_id=asked.context_id)
    try:
        await desk.async_ask(
            wish.partition_id, _ACTIONS[wish.verb], by, code=wish.words.left or None, mode=wish.words.mode
        )
    except AlarmRefusedError as error:
        lines = [refused(asked.hub, error, asked.voice)]
        if error.reason == "code_missing":
            lines.append(_example(asked, wish.partition_id))
        elif error.reason == "code_wrong" and (guesses := _names_like(asked.hub, wish)):
            lines.append(says.guidance.did_you_mean.format(names=asked.voice.listed(guesses)))
        return Answer(text=whole(lines), alert=True)
    known = desk.partitions.get(wish.partition_id)
    name = short(wish.partition_id if known is None else known.name)
    done = {Verb.SILENCE: says.done.silenced, Verb.ACKNOWLEDGE: says.done.acknowledged}.get(wish.verb)
    text = done.format(name=name) if done else partition_state(asked.hub, wish.partition_id, asked.voice)
    return Answer(text=text, matters=True)


def _unclear(asked: Asked, wish: Wish) -> str | None:
    """Return what is to be asked back. A word that is no code must not be counted as a wrong one."""
    hub, says, left = asked.hub, asked.voice.says, wish.words.left
    view = look_at(hub, wish.partition_id)
    if view is None:
        return says.guidance.no_partitions
    if wish.verb is Verb.ARM and wish.words.mode is None:
        return _which_mode(asked, view, left)
    return _misnamed(asked, wish) if left else None


def _misnamed(asked: Asked, wish: Wish) -> str | None:
    """Return that words are the name of no partition; ``None`` where they are to be tried as a code."""
    hub, says, left, beside = asked.hub, asked.voice.says.guidance, wish.words.left, wish.words.beside_code
    # One that is not needed is tried all the same: it may be a duress code.
    if not beside and _could_be_code(hub, left):
        return None
    guesses = _names_like(hub, wish)
    takes_code = hub.alarm.code_needed(wish.partition_id, _ACTIONS[wish.verb], Path.CHAT)
    if not beside and not guesses and (takes_code or wish.verb is not Verb.ARM):
        return None
    unknown = quoted(beside or left) if hub.alarm.codes_are_digits else ELLIPSIS
    help_ = says.did_you_mean if guesses else says.there_are
    return whole(
        (
            says.unknown_partition.format(words=unknown) if not beside or not guesses else "",
            help_.format(names=asked.voice.listed(guesses or (called(hub, each) for each in hub.alarm.partitions))),
        )
    )


def _names_like(hub: Hub, wish: Wish) -> tuple[str, ...]:
    """Return the partitions that may have been meant by words that name none, and are not a code of digits.

    It was not the one that was named; nor the only one, unless the code stands beside.
    """
    beside, left = wish.words.beside_code, wish.words.left
    if not beside and (has_digits(left) or len(hub.alarm.partitions) == 1):
        return ()
    others = partition_names(hub, (key for key in hub.alarm.partitions if key not in wish.words.partitions))
    return similar(beside or left, others.spelled)


def _could_be_code(hub: Hub, text: str) -> bool:
    """Whether a text may be somebody's code, or have one in it, as codes are in this house: it is not shown again."""
    return has_digits(text) or (len(text) >= SHORTEST and not hub.alarm.codes_are_digits)


def _which_mode(asked: Asked, view: PartitionView, left: str) -> str:
    """Return which modes there are, and which of them may have been meant."""
    voice, says = asked.voice, asked.voice.says.guidance
    lines = []
    if left:
        first = left.split(maxsplit=1)[0]
        spelled = {word: voice.mode(mode) for word, mode in voice.modes.items() if mode in view.modes}
        guesses = tuple(dict.fromkeys(similar(first, spelled)))
        takes_code = asked.hub.alarm.code_needed(view.record.partition_id, Action.ARM, Path.CHAT)
        if not takes_code and not _could_be_code(asked.hub, first if asked.hub.alarm.codes_are_digits else left):
            lines.append(says.unknown_mode.format(words=quoted(first)))
        if guesses:
            lines.append(says.did_you_mean.format(names=voice.listed(guesses)))
    lines.append(says.which_mode.format(names=voice.listed(voice.mode(mode) for mode in view.modes)))
    mode = voice.mode(view.modes[0] if view.modes else Mode.AWAY)
    lines.append(says.for_example.format(words=f"/arm {mode.casefold()}"))
    return whole(lines)


def _example(asked: Asked, partition_id: str) -> str:
    """Return how to write it, with the partition where there are several."""
    verb, partitions = asked.command.verb, asked.hub.alarm.partitions
    action = _ACTIONS[verb]
    view = look_at(asked.hub, partition_id)
    parts = [f"/{verb.value}"]
    if verb is Verb.ARM:
        parts.append(asked.voice.mode(view.modes[0] if view is not None and view.modes else Mode.AWAY).casefold())
    if asked.hub.alarm.code_needed(partition_id, action, Path.CHAT):
        parts.append("1234")
    if len(partitions) > 1:
        parts.append(called(asked.hub, partition_id))
    return asked.voice.says.guidance.for_example.format(words=" ".join(parts))


def _nowhere(action: Action, voice: Voice) -> str | None:
    """Return what is said where there is no partition which an action is for; ``None`` if it is for any."""
    says = voice.says
    return {
        Action.DISARM: says.guidance.nothing_armed,
        Action.SILENCE: says.guidance.nothing_sounds,
        Action.ACKNOWLEDGE: says.house.no_alarm,
    }.get(action)


def _fits(hub: Hub, partition_id: str, action: Action) -> bool:
    view = look_at(hub, partition_id)
    if view is None:
        return False
    match action:
        case Action.DISARM:
            shown = hub.alarm.view(partition_id)
            return shown.phase is not Phase.DISARMED or shown.partial
        case Action.SILENCE:
            return view.siren
        case Action.ACKNOWLEDGE:
            return bool(view.memory)
    return True
