"""From a request to the engine: whose the code is, what is asked as the partition stands, and who may.

There is no other way to the partitions. Nothing here decides who may do what: ``engine.alarm.codes`` does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .alarm_words import problems_in_words
from .const import DOMAIN
from .denials import Denials
from .engine.alarm import events
from .engine.alarm.codes import (
    NEEDS,
    Concerned,
    Denial,
    Denied,
    Need,
    Path,
    Request,
    asking,
    authorise,
    code_required,
    code_taken,
)
from .engine.alarm.effects import Refused
from .engine.alarm.model import Action, Actor, Asker, Mode, Partition
from .engine.alarm.problems import ZoneProblem
from .engine.alarm.status import Timer
from .engine.effects import AlarmTold
from .engine.events import AlarmAsked, CodeUserSet
from .engine.state import Transition
from .identifiers import name_of
from .storage.code_check import CodeCheck, CodesBusyError

if TYPE_CHECKING:
    from .hub import Hub

_ARMING: Final = frozenset((Action.ARM, Action.FORCE_ARM, Action.CHANGE_MODE, Action.FORCE_MODE))
_FORCING: Final = frozenset((Action.FORCE_ARM, Action.FORCE_MODE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks, and how: the name is that of the Home Assistant user, keypad, chat or automation.

    ``user_id`` is the Home Assistant user, ``context_id`` the id of the request's context, where there are any.
    ``retained``: the request lay at a broker, nobody knows since when; it is refused.
    """

    path: Path
    name: str
    user_id: str | None = None
    context_id: str | None = None
    retained: bool = False

    @property
    def actor(self) -> Actor:
        """Who does what takes no code of the alarm's, such as setting it up."""
        asker = Asker(path=self.path.value, name=self.name, user_id=self.user_id, context_id=self.context_id)
        return asking(self.path, asker)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. Which of the fields count depends on the action. An empty code is none."""

    action: Action
    code: str | None = field(default=None, repr=False)
    mode: Mode | None = None
    force: bool = False
    skip_delay: bool = False
    zones: Sequence[str] = ()
    bypassed: bool = True
    on: bool = True
    silent: bool = False
    life_safety: bool = False


class AlarmRefusedError(ServiceValidationError):
    """What was asked for is not done. ``reason`` is a ``Denial`` or a ``RefusalReason`` value, or one of ours.

    Ours are ``codes_busy``, ``unknown_partition``, ``unknown_user``, ``no_mode``, ``code_invalid``, ``code_in_use``
    and ``code_needed``. Translated as ``alarm_<reason>``; every text may use ``name`` (of the partition or user),
    ``zones`` (labels of those in the way, or "") and ``until`` (local time a lockout ends, or "").
    ``problems`` say what is wrong with each zone.
    """

    def __init__(
        self, reason: str, *, name: str, zones: str = "", until: str = "", problems: tuple[ZoneProblem, ...] = ()
    ) -> None:
        """Say why, about whom."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key=f"alarm_{reason}",
            translation_placeholders={"name": name, "zones": zones, "until": until},
        )
        self.reason = reason
        self.problems = problems


class AlarmDoor:
    """Lets requests in, or says why not."""

    def __init__(self, hub: Hub, check: CodeCheck) -> None:
        """Stand before the partitions of a hub."""
        self._hub = hub
        self._check = check
        self._denials = Denials()

    async def async_ask(self, partition_id: str, by: Requester, wish: Wish) -> None:
        """Do what is asked for; return once it is stored and announced. Raises ``AlarmRefusedError``."""
        partition = self.partition(partition_id)
        user_id = await self._async_owner(partition, by, wish)
        # Time has passed: the partition may stand differently, or be gone.
        partition = self.partition(partition_id)
        action = self.action_now(partition, wish.action, force=wish.force)
        request = Request(
            action=action,
            path=by.path,
            name=by.name,
            code_given=bool(wish.code),
            user_id=user_id,
            retained=by.retained,
            asked_by=by.user_id,
            context_id=by.context_id,
        )
        state = self._hub.state
        now = dt_util.as_local(dt_util.utc_from_timestamp(self._hub.now()))
        actor = authorise(request, self.concerned(partition), state.code_users, now)
        if isinstance(actor, Denied):
            await self._async_deny(partition, action, actor)
        else:
            await self._async_do(partition, _event(partition, action, actor, wish), actor)

    def partition(self, partition_id: str) -> Partition:
        """Return a partition. Raises ``AlarmRefusedError``."""
        partition = self._hub.state.partitions.get(partition_id)
        if partition is None:
            raise AlarmRefusedError("unknown_partition", name=partition_id)
        return partition

    def concerned(self, partition: Partition) -> Concerned:
        """Return a partition and, of a master, its members, each as it stands, shown or not."""
        state = self._hub.state
        ids = (partition.partition_id, *partition.members)
        found = (each for partition_id in ids if (each := state.partitions.get(partition_id)) is not None)
        return [(each, self._hub.alarm.standing(each.partition_id)) for each in found]

    def action_now(self, partition: Partition, action: Action, *, force: bool = False) -> Action:
        """Return what arming means as a partition stands: of one that is armed, another mode.

        A master that is armed in part is armed; it refuses where a member would have to change its mode.
        """
        if action not in _ARMING:
            return action
        own = self.concerned(partition)[1:] if partition.members else self.concerned(partition)
        changes = bool(own) and all(status.mode is not None for _, status in own)
        forces = force or action in _FORCING
        if changes:
            return Action.FORCE_MODE if forces else Action.CHANGE_MODE
        return Action.FORCE_ARM if forces else Action.ARM

    def code_needed(self, partition: Partition, action: Action, path: Path) -> bool:
        """Whether an action takes a code as a partition stands."""
        action = self.action_now(partition, action)
        required = (code_required(each.codes, action) for each, _ in self.concerned(partition))
        return NEEDS[path][action] is Need.AS_SET and any(required)

    async def _async_owner(self, partition: Partition, by: Requester, wish: Wish) -> str | None:
        """Return whose code was given. What would be refused anyhow costs no hash."""
        action = self.action_now(partition, wish.action, force=wish.force)
        looked_at = NEEDS[by.path][action] is Need.AS_SET and not by.retained
        if not wish.code or not looked_at or not code_taken(self.concerned(partition)):
            return None
        state = self._hub.state
        try:
            found = await self._check.async_find_user(wish.code, state.code_hashes, place=partition.partition_id)
        except CodesBusyError:
            raise AlarmRefusedError("codes_busy", name=partition.name) from None
        if found is None:
            return None
        user = state.code_users.get(found.user)
        if user is not None and found.upgraded is not None:
            self._hub.post(CodeUserSet(user=user, code_hash=found.upgraded, rehashed=True))
        return found.user

    async def _async_deny(self, partition: Partition, action: Action, denied: Denied) -> None:
        partition_id = partition.partition_id
        if denied.counts:
            # That is told by the partition, which counts it.
            self._hub.post(AlarmAsked(partition_id=partition_id, request=events.CodeRefused(actor=denied.actor)))
        elif (more := self._denials.note(partition_id, denied.reason, self._hub.now())) is not None:
            told = Refused(action=action, reason=denied.reason, problems=(), actor=denied.actor, more=more)
            self._hub.tell(AlarmTold(partition_id=partition_id, effect=told))
        if denied.duress is not None:
            self._hub.post(AlarmAsked(partition_id=partition_id, request=events.DuressGiven(actor=denied.duress)))
        await self._hub.alarm.async_told()
        # As when the code locked entry: that the next one will not be looked at is for the next one to hear.
        until = self._locked_until(partition) if denied.reason is Denial.LOCKED_OUT else ""
        raise AlarmRefusedError(denied.reason.value, name=partition.name, until=until)

    async def _async_do(self, partition: Partition, event: events.Asked, actor: Actor) -> None:
        partition_id = partition.partition_id
        if partition.members and actor.user_id is not None:
            # A master's members hear of the code with what is asked of them, the master itself does not.
            self._hub.post(AlarmAsked(partition_id=partition_id, request=events.CodeAccepted(actor=actor)))
        transition = self._hub.post(AlarmAsked(partition_id=partition_id, request=event))
        await self._hub.alarm.async_told()
        refused = _refusal(transition, partition_id)
        if refused is not None:
            raise AlarmRefusedError(
                refused.reason.value,
                name=partition.name,
                zones=problems_in_words(self._hub, partition, refused.problems),
                problems=refused.problems,
            )

    def names(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield what people call inputs, or outputs, each once."""
        state = self._hub.state
        yield from dict.fromkeys(name_of(key, state.inputs, state.outputs) for key in keys)

    def _locked_until(self, partition: Partition) -> str:
        ends = [due for _, status in self.concerned(partition) if (due := status.due(Timer.LOCKOUT)) is not None]
        return f"{dt_util.as_local(dt_util.utc_from_timestamp(max(ends))):%H:%M:%S}" if ends else ""


def _event(partition: Partition, action: Action, actor: Actor, wish: Wish) -> events.Asked:
    """Return what to tell the engine. Raises ``AlarmRefusedError`` when a mode is missing."""
    if action in _ARMING:
        if wish.mode is None:
            raise AlarmRefusedError("no_mode", name=partition.name)
        kind = events.Arm if action in (Action.ARM, Action.FORCE_ARM) else events.ChangeMode
        return kind(mode=wish.mode, actor=actor, force=action in _FORCING, skip_delay=wish.skip_delay)
    others: Mapping[Action, events.Asked] = {
        Action.DISARM: events.Disarm(actor=actor),
        Action.BYPASS: events.Bypass(zones=tuple(wish.zones), actor=actor, bypassed=wish.bypassed),
        Action.SILENCE: events.Silence(actor=actor),
        Action.ACKNOWLEDGE: events.Acknowledge(actor=actor),
        Action.WALK_TEST: events.WalkTest(actor=actor, on=wish.on, life_safety=wish.life_safety),
        Action.PANIC: events.Panic(actor=actor, silent=wish.silent),
    }
    return others[action]


def _refusal(transition: Transition, partition_id: str) -> Refused | None:
    told = (effect for effect in transition.effects if isinstance(effect, AlarmTold))
    return next(
        (one.effect for one in told if one.partition_id == partition_id and isinstance(one.effect, Refused)), None
    )
