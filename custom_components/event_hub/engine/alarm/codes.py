"""Who may do what: the one way from a request to an ``Actor``.

Whether a code is right is found out elsewhere, with a slow hash; here only whose it is, if anybody's. No
request gets an actor past ``authorise``, and ``NEEDS`` says for every path and action what it takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from .model import Action, Actor, ActorKind, Asker, CodeRules, Partition
from .status import PartitionStatus, Timer


class Path(StrEnum):
    """Over which way a request comes in."""

    PANEL = "panel"
    ACTION = "action"
    MQTT = "mqtt"
    PUSH = "push"
    VOICE = "voice"
    CHAT = "chat"
    AUTOMATION = "automation"


class Need(StrEnum):
    """What a request takes. ``AS_SET``: a code where the partition requires one for the action."""

    NOTHING = "nothing"
    AS_SET = "as_set"
    NEVER = "never"


class Denial(StrEnum):
    """Why a request gets no actor."""

    RETAINED = "retained"
    NOT_OFFERED = "not_offered"
    CODE_MISSING = "code_missing"
    CODE_WRONG = "code_wrong"
    LOCKED_OUT = "locked_out"
    NO_PERMISSION = "no_permission"
    NOT_VALID_NOW = "not_valid_now"
    USED_UP = "used_up"


class Permission(StrEnum):
    """What a code is good for."""

    ARM = "arm"
    DISARM = "disarm"
    BYPASS = "bypass"


_DAY: Final = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """When a code is good, in local time. Days are ISO dates, both included; weekdays 0 (Monday) to 6.

    ``from_minute`` and ``until_minute`` are minutes of the day; a span over midnight belongs to the day it begins on.
    """

    first_day: str | None = None
    last_day: str | None = None
    weekdays: tuple[int, ...] = ()
    from_minute: int = 0
    until_minute: int = 1440
    once: bool = False

    def holds(self, local: datetime) -> bool:
        """Whether a code is good at a local time."""
        minute, day = local.hour * 60 + local.minute, local.date()
        over_midnight = self.until_minute <= self.from_minute
        if over_midnight and minute < self.until_minute:
            day -= timedelta(days=1)
        elif not self.from_minute <= minute < (1440 if over_midnight else self.until_minute):
            return False
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        return (self.first_day or "") <= day.isoformat() <= (self.last_day or "9999-12-31")

    def is_over(self, local: datetime) -> bool:
        """Whether a code is good neither at a local time nor ever after; whether it has worked once is not asked."""
        until = self.until_minute + (_DAY if self.until_minute <= self.from_minute else 0)
        if until == self.from_minute or self.last_day is None:
            # From the end of a day to its beginning there is no minute.
            return until == self.from_minute
        now = local.toordinal() * _DAY + local.hour * 60 + local.minute
        # The night that began yesterday may go on.
        first = max(local.toordinal() - 1, date.fromisoformat(self.first_day or "0001-01-01").toordinal())
        # By then, each weekday comes at least once with all its hours.
        last = min(date.fromisoformat(self.last_day).toordinal(), first + 9)
        return not any(
            day * _DAY + until > now and (not self.weekdays or (day - 1) % 7 in self.weekdays)
            for day in range(first, last + 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUser:
    """Somebody with a code. No ``partitions`` means all. ``used``: a code that works once has worked.

    ``digits``: the code is of digits alone, which keypads without letters must know; set with the code.
    """

    user_id: str
    name: str
    permissions: tuple[Permission, ...] = (Permission.ARM, Permission.DISARM)
    partitions: tuple[str, ...] = ()
    validity: Validity = Validity()
    duress: bool = False
    used: bool = False
    digits: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, and how. ``name`` is the Home Assistant user's, keypad's, chat's or automation's.

    ``code_given``: a code came along. ``user_id`` is whose it is; ``None`` when it is nobody's.
    ``asked_by`` and ``context_id`` are the Home Assistant user and the context of the request, where there are any.
    """

    action: Action
    path: Path
    name: str
    code_given: bool = False
    user_id: str | None = None
    retained: bool = False
    asked_by: str | None = None
    context_id: str | None = None

    @property
    def asker(self) -> Asker:
        """Who asks, whoever's code it is."""
        return Asker(path=self.path.value, name=self.name, user_id=self.asked_by, context_id=self.context_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A request gets no actor. ``actor`` is whose code it was, else who asked.

    With ``counts``, ``actor`` is to be reported as ``CodeRefused``.
    ``duress`` is the owner of a duress code that may not do this: to be reported as ``DuressGiven``.
    """

    reason: Denial
    actor: Actor
    duress: Actor | None = None

    @property
    def counts(self) -> bool:
        """Whether this is a wrong code, to be counted."""
        return self.reason is Denial.CODE_WRONG


_KINDS: Final[Mapping[Path, ActorKind]] = {
    Path.PANEL: ActorKind.HOME_ASSISTANT_USER,
    Path.ACTION: ActorKind.HOME_ASSISTANT_USER,
    Path.MQTT: ActorKind.KEYPAD,
    Path.PUSH: ActorKind.HOME_ASSISTANT_USER,
    Path.VOICE: ActorKind.HOME_ASSISTANT_USER,
    Path.CHAT: ActorKind.CHAT,
    Path.AUTOMATION: ActorKind.AUTOMATION,
}


def _needs(*, bypass: Need = Need.AS_SET, walk_test: Need = Need.AS_SET) -> Mapping[Action, Need]:
    """Return what a path with codes takes: what the partition requires. Help may be called for by anybody."""
    needs = dict.fromkeys(Action, Need.AS_SET)
    return needs | {Action.PANIC: Need.NOTHING, Action.BYPASS: bypass, Action.WALK_TEST: walk_test}


NEEDS: Final[Mapping[Path, Mapping[Action, Need]]] = {
    Path.PANEL: _needs(),
    Path.ACTION: _needs(),
    Path.MQTT: _needs(),
    # What is left out, and for how long nothing alarms, is to be seen by who asks for it.
    Path.PUSH: _needs(bypass=Need.NEVER, walk_test=Need.NEVER),
    Path.VOICE: _needs(bypass=Need.NEVER, walk_test=Need.NEVER),
    Path.CHAT: _needs(walk_test=Need.NEVER),
    Path.AUTOMATION: _needs(walk_test=Need.NEVER),
}

# A mode can be changed to one that watches less, so it takes the right to arm and to disarm.
PERMISSIONS: Final[Mapping[Action, frozenset[Permission]]] = {
    Action.ARM: frozenset({Permission.ARM}),
    Action.FORCE_ARM: frozenset({Permission.ARM, Permission.BYPASS}),
    Action.DISARM: frozenset({Permission.DISARM}),
    Action.CHANGE_MODE: frozenset({Permission.ARM, Permission.DISARM}),
    Action.FORCE_MODE: frozenset(Permission),
    Action.BYPASS: frozenset({Permission.BYPASS}),
    Action.SILENCE: frozenset({Permission.DISARM}),
    Action.ACKNOWLEDGE: frozenset({Permission.DISARM}),
    Action.WALK_TEST: frozenset({Permission.DISARM}),
    Action.PANIC: frozenset(),
}

type Concerned = Sequence[tuple[Partition, PartitionStatus]]


def asking(path: Path, asker: Asker) -> Actor:
    """Return who asks as who did it: nobody's code was given."""
    return Actor(kind=_KINDS[path], name=asker.name, asker=asker)


def authorise(request: Request, concerned: Concerned, users: Mapping[str, CodeUser], local: datetime) -> Actor | Denied:
    """Say who asks, if they may. ``local`` is the time in Home Assistant's time zone.

    ``concerned`` is the partition; for a master, the master and all its members: the strictest of them counts.
    """
    asker = asking(request.path, request.asker)
    denial = _denial(request, concerned, users, local)
    owner = _owner(users, request)
    if denial is not None:
        forced = owner is not None and owner.duress and not request.retained
        return Denied(reason=denial, actor=owner or asker, duress=owner if forced else None)
    looked_at = NEEDS[request.path][request.action] is Need.AS_SET
    return owner if owner is not None and looked_at else asker


def code_required(rules: CodeRules, action: Action) -> bool:
    """Whether a partition requires a code for an action, wherever it comes from."""
    return {
        Action.ARM: rules.arm,
        Action.FORCE_ARM: rules.arm or rules.bypass,
        Action.DISARM: rules.disarm,
        Action.CHANGE_MODE: rules.change_mode,
        Action.FORCE_MODE: rules.change_mode or rules.bypass,
        Action.BYPASS: rules.bypass,
        Action.SILENCE: rules.disarm,
        Action.ACKNOWLEDGE: rules.disarm,
        Action.WALK_TEST: rules.disarm or rules.bypass,
        Action.PANIC: False,
    }[action]


def code_taken(concerned: Concerned) -> bool:
    """Whether a code would be looked at now; while it would not, none has to be hashed."""
    return all(status.due(Timer.LOCKOUT) is None for _, status in concerned)


def _denial(request: Request, concerned: Concerned, users: Mapping[str, CodeUser], local: datetime) -> Denial | None:
    """Return why a request gets no actor."""
    if request.retained:
        return Denial.RETAINED
    match NEEDS[request.path][request.action]:
        case Need.NEVER:
            return Denial.NOT_OFFERED
        case Need.AS_SET if request.code_given:
            return _fault(request, concerned, users, local)
        case Need.AS_SET:
            required = any(code_required(partition.codes, request.action) for partition, _ in concerned)
            return Denial.CODE_MISSING if required else None
    return None


def _fault(request: Request, concerned: Concerned, users: Mapping[str, CodeUser], local: datetime) -> Denial | None:
    """Return what is wrong with the code that was given."""
    if not code_taken(concerned):
        return Denial.LOCKED_OUT
    user = None if request.user_id is None else users.get(request.user_id)
    if user is None:
        return Denial.CODE_WRONG
    elsewhere = user.partitions and any(each.partition_id not in user.partitions for each, _ in concerned)
    if elsewhere or not PERMISSIONS[request.action] <= set(user.permissions):
        return Denial.NO_PERMISSION
    if not user.validity.holds(local):
        return Denial.NOT_VALID_NOW
    used = user.used or any(user.user_id in status.used_codes for _, status in concerned)
    return Denial.USED_UP if user.validity.once and used else None


def _owner(users: Mapping[str, CodeUser], request: Request) -> Actor | None:
    """Return whose code was given; ``None`` without one, or with nobody's."""
    user = users.get(request.user_id or "") if request.code_given else None
    if user is None:
        return None
    return Actor(
        kind=ActorKind.CODE_USER,
        name=user.name,
        user_id=user.user_id,
        duress=user.duress,
        once=user.validity.once,
        disarms=Permission.DISARM in user.permissions,
        asker=request.asker,
    )
