"""Whatever is to be told, and whatever becomes of the channels, some things always hold."""

from collections.abc import Iterator
from dataclasses import replace
import json
import math
from typing import Final

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.event_hub.engine.plain import Json
from custom_components.event_hub.engine.telling.choosing import ALBUM_LIMIT, goes_first
from custom_components.event_hub.engine.telling.encode import changes, decode, encode
from custom_components.event_hub.engine.telling.events import (
    ChannelsChanged,
    Deliver,
    Delivered,
    Dropped,
    DropReason,
    Effect,
    Event,
    Failed,
    Posted,
    Restarted,
    Tick,
    Told,
    Undelivered,
)
from custom_components.event_hub.engine.telling.model import Channel, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import ANSWER_LIMIT, next_due, step
from custom_components.event_hub.engine.telling.resting import CRITICAL_INTERVAL, FIRST_PAUSE
from custom_components.event_hub.engine.telling.routing import route_of
from custom_components.event_hub.engine.telling.state import ChannelStatus, Outbox, Posting

from .kit import MAIL, SMS, START, TELEGRAM, alarm, always, pictured, telling

GATHERING: Final = replace(TELEGRAM, gather=2, people_only=True)
# The same channel always has the same interval, so that one can be counted on.
SETUPS: Final[tuple[tuple[Channel, ...], ...]] = (
    (GATHERING, SMS, MAIL),
    (SMS, GATHERING),
    (always(MAIL), GATHERING, SMS),
    (replace(SMS, topics=(Topic.ALARM,)), GATHERING),
    (GATHERING,),
    (always(MAIL), always(SMS)),
    # Nobody is for alarms.
    (replace(SMS, topics=(Topic.DIGEST,)),),
)
KEYS: Final = st.sampled_from(("Door", "Gate", "Camera"))


class Delivery(RuleBasedStateMachine):
    """An outbox, channels that answer as they like, and a hub that is killed now and then."""

    def __init__(self) -> None:
        """Start with nothing to tell."""
        super().__init__()
        self.channels: tuple[Channel, ...] = SETUPS[0]
        self.outbox = Outbox()
        self.kept: dict[str, Json] = {}
        # What the clock on the wall shows, and how much time really passed.
        self.now, self.real = START, 0.0
        self.posted: dict[str, Telling] = {}
        self.told: set[tuple[str, str]] = set()
        self.dropped: set[str] = set()
        self.undelivered: set[str] = set()
        self.under_way: dict[int, tuple[str, float]] = {}
        self.last_sent: dict[str, float] = {}
        # Until when a channel asked to be left alone; and when the clock was set back, from when all rests anew.
        self.paused_until: dict[str, float] = {}
        self.set_back_at = -1000.0
        # Since when the first channel has had its time, undisturbed.
        self.waiting_since: dict[str, float] = {}

    @rule(key=KEYS, people=st.sampled_from((None, None, 0, 1, 2)), by_button=st.booleans())
    def is_triggered(self, key: str, people: int | None, by_button: bool) -> None:
        """An input triggers, with a picture or without."""
        name = str(len(self.posted))
        if people is None:
            self.post(telling(name, input_key=key, by_button=by_button))
        else:
            self.post(pictured(name, people, key, by_button=by_button))

    @rule(key=KEYS, count=st.integers(1, 14))
    def sees_people(self, key: str, count: int) -> None:
        """A camera sees people, over and over."""
        for _ in range(count):
            self.post(pictured(str(len(self.posted)), 1, key))

    @rule(key=KEYS)
    def alarms(self, key: str) -> None:
        """There is an alarm."""
        self.post(alarm(str(len(self.posted)), input_key=key))

    @rule(topic=st.sampled_from((Topic.SOURCE_LOST, Topic.SOURCE_BACK, Topic.LOCKOUT, Topic.DIGEST)))
    def has_other_news(self, topic: Topic) -> None:
        """There is something else to tell."""
        self.post(telling(str(len(self.posted)), topic, input_key=None, source_id="board"))

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def is_posted_again(self, data: st.DataObject) -> None:
        """The same is posted again, which changes nothing."""
        name = data.draw(st.sampled_from(list(self.posted)[-20:]))
        before = len(self.outbox.postings)
        self.happens(Posted(telling=self.posted[name]))
        assert len(self.outbox.postings) <= before

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), works=st.booleans())
    def is_answered(self, data: st.DataObject, works: bool) -> None:
        """A channel answers, perhaps to what was given up."""
        attempt_id = data.draw(st.sampled_from(sorted(self.under_way)))
        if works:
            self.happens(Delivered(attempt_id=attempt_id))
        else:
            retry_after = data.draw(st.none() | st.floats(0, 100) | st.just(float("inf")))
            permanent = data.draw(st.sampled_from((False, False, True)))
            self.happens(Failed(attempt_id=attempt_id, retry_after=retry_after, permanent=permanent))

    @rule(seconds=st.floats(0.1, 100))
    def time_passes(self, seconds: float) -> None:
        """Time passes, with a tick whenever one is wanted."""
        self.wait(seconds)

    @rule(seconds=st.floats(1, 100_000))
    def clock_is_set_back(self, seconds: float) -> None:
        """The clock goes back."""
        self.now -= seconds
        self.set_back_at = self.real
        self.waiting_since.clear()
        self.happens(Tick())

    @rule()
    def is_killed(self) -> None:
        """The hub starts again with what was kept."""
        self.outbox = decode(json.loads(json.dumps(self.kept))).outbox
        self.under_way.clear()
        self.happens(Restarted())

    @rule(channels=st.sampled_from(SETUPS))
    def is_set_up(self, channels: tuple[Channel, ...]) -> None:
        """Somebody changes the channels."""
        self.channels = channels
        self.waiting_since.clear()
        ids = {channel.channel_id for channel in channels}
        self.under_way = {key: each for key, each in self.under_way.items() if each[0] in ids}
        # One that was gone is another when it comes again.
        self.last_sent = {key: at for key, at in self.last_sent.items() if key in ids}
        self.paused_until = {key: at for key, at in self.paused_until.items() if key in ids}
        self.happens(ChannelsChanged())

    @invariant()
    def nothing_is_lost(self) -> None:
        """What was posted waits, or somebody told it, or it was said why not; what is critical never makes room."""
        waits = {posting.telling.telling_id for posting in self.outbox.postings.values()}
        told = {name for _, name in self.told}
        assert set(self.posted) == waits | told | self.dropped
        assert not told & self.dropped
        assert not waits & self.dropped

    @invariant()
    def nothing_is_overdue(self) -> None:
        """Whatever was due was handled."""
        due = next_due(self.outbox, self.channels)
        assert due is None or due > self.now

    @invariant()
    def nothing_critical_waits_for_longer_than_a_second(self) -> None:
        """A channel that works tells what is critical, whatever its interval, unless it tells something now."""
        for channel in self.channels:
            status = self.outbox.channels.get(channel.channel_id, ChannelStatus(channel_id=""))
            if status.attempt is not None or status.failures or not self.has_critical(channel.channel_id):
                continue
            since = max(self.last_sent.get(channel.channel_id, -1000.0), self.set_back_at)
            assert self.real < since + CRITICAL_INTERVAL + 1e-3

    @invariant()
    def what_is_kept_is_all_there_is(self) -> None:
        """What each step wrote makes up the outbox, and is read back as it was."""
        restored = decode(json.loads(json.dumps(self.kept)))
        assert (restored.outbox, restored.garbled) == (self.outbox, ())

    @invariant()
    def the_next_channel_is_used_in_time(self) -> None:
        """What the first channel did not tell within its deadline is with the next, or reported."""
        for posting in self.outbox.postings.values():
            name = posting.telling.telling_id
            chain = route_of(posting.telling, self.channels).chain
            since = self.waiting_since.get(name)
            if since is None or not chain or posting.replaced or self.real < since + chain[0].deadline + 1e-3:
                continue
            told_by = {channel for channel, told in self.told if told == name}
            if told_by & {channel.channel_id for channel in chain}:
                continue
            if len(chain) > 1:
                assert posting.errand(chain[1].channel_id) is not None
            else:
                assert posting.undelivered or told_by

    def teardown(self) -> None:
        """Once every channel works again, everything is told."""
        assert self.kept == encode(self.outbox)
        self.is_set_up(SETUPS[0])
        for _ in range(2000):
            if not self.outbox.postings:
                break
            if self.under_way:
                self.happens(Delivered(attempt_id=max(self.under_way)))
            else:
                self.wait(12)
        assert not self.outbox.postings
        self.nothing_is_lost()

    def post(self, what: Telling) -> None:
        """Post something."""
        self.posted[what.telling_id] = what
        self.waiting_since[what.telling_id] = self.real
        self.happens(Posted(telling=what))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while (due := next_due(self.outbox, self.channels)) is not None and due <= until:
            self.real += due - self.now
            self.now = due
            self.happens(Tick())
            self.nothing_is_overdue()
        self.real += until - self.now
        self.now = until

    def happens(self, event: Event) -> None:
        """Let something happen; what changed is kept before it is acted on."""
        before = self.outbox
        if isinstance(event, Failed):
            self.note_wish(event)
        anew = step(replace(before, trace=None), event, self.now, self.channels)
        self.outbox, effects = step(before, event, self.now, self.channels)
        # What is known of what waits saves work, and changes nothing.
        assert (self.outbox, effects) == anew
        assert next_due(self.outbox, self.channels) == next_due(replace(self.outbox, trace=None), self.channels)
        for key, value in changes(before, self.outbox).items():
            if value is None:
                del self.kept[key]
            else:
                self.kept[key] = value
        if isinstance(event, Delivered | Failed):
            self.under_way.pop(event.attempt_id, None)
        for effect in effects:
            self.check(effect)

    def note_wish(self, event: Failed) -> None:
        """Note until when a channel asked to be left alone, as it failed."""
        attempts = ((key, status.attempt) for key, status in self.outbox.channels.items())
        name = next((key for key, each in attempts if each is not None and each.attempt_id == event.attempt_id), None)
        if name is not None and not event.permanent:
            asked = event.retry_after
            wish = FIRST_PAUSE if asked is None or math.isinf(asked) else asked
            self.paused_until[name] = self.real + wish

    def check(self, effect: Effect) -> None:
        """Check what is wanted."""
        match effect:
            case Told(telling=what, channel_id=channel_id):
                assert (channel_id, what.telling_id) not in self.told
                self.told.add((channel_id, what.telling_id))
            case Dropped(telling=what, reason=reason):
                assert what.telling_id not in self.dropped
                assert not (what.critical and reason is DropReason.SUPERSEDED)
                self.dropped.add(what.telling_id)
            case Undelivered(telling=what):
                assert what.telling_id not in self.undelivered
                self.undelivered.add(what.telling_id)
            case Deliver():
                self.check_message(effect)

    def check_message(self, message: Deliver) -> None:
        """One message at a time, not too often, not too large, nothing twice, and what is critical first."""
        channel = next(each for each in self.channels if each.channel_id == message.channel_id)
        busy = [since for where, since in self.under_way.values() if where == message.channel_id]
        assert all(self.real >= since + ANSWER_LIMIT - 1e-3 for since in busy)
        rest = min(channel.min_interval, CRITICAL_INTERVAL) if self.goes_first(message) else channel.min_interval
        assert self.real >= self.last_sent.get(message.channel_id, -1000.0) + rest - 1e-3
        assert self.real >= self.paused_until.get(message.channel_id, -1000.0) - 1e-3
        assert len(message.pictures) <= ALBUM_LIMIT
        assert message.tellings
        assert not any((message.channel_id, each.telling_id) in self.told for each in message.tellings)
        self.last_sent[message.channel_id] = self.real
        self.under_way[message.attempt_id] = (message.channel_id, self.real)
        if not any(each.critical for each in message.tellings):
            self.check_nothing_critical_waits(message)

    def goes_first(self, message: Deliver) -> bool:
        """Whether a message has in it what does not wait for the channel's interval, and nothing else."""
        critical = {posting.telling.telling_id for posting in self.critical(message.channel_id)}
        return {each.telling_id for each in message.tellings} <= critical

    def check_nothing_critical_waits(self, message: Deliver) -> None:
        """A channel that tells what is not critical has nothing critical to tell."""
        assert not self.has_critical(message.channel_id)

    def has_critical(self, channel_id: str) -> bool:
        """Whether a channel has to tell something critical that it did not fail to tell over and over."""
        return next(iter(self.critical(channel_id)), None) is not None

    def critical(self, channel_id: str) -> Iterator[Posting]:
        """Give what a channel has to tell of it."""
        for posting in self.outbox.postings.values():
            errand = posting.errand(channel_id)
            if errand is not None and errand.refused_at is None and goes_first(posting, errand):
                yield posting


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
