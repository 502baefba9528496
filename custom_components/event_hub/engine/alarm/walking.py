"""The walk test: a disarmed partition tells which zones were seen, and nothing but the chime sounds.

A fire or panic zone stays live unless the test includes it: it ends the test and alarms. Panels
differ here; ours follow those that never let a forgotten test keep a fire quiet.
"""

from dataclasses import replace
from typing import Final

from .effects import Chimed, WalkTestChanged, WalkTested
from .events import WalkTest
from .model import LIFE_SAFETY
from .problems import RefusalReason
from .status import Timer, Walk
from .turn import Turn

WALK_TEST_SECONDS: Final = 1800.0


def walk_test(turn: Turn, event: WalkTest) -> None:
    """Begin a walk test, anew if one is running, or end it. Not while outside has still to be told of an alarm."""
    if event.on and turn.status.waits(silent=False):
        turn.refuse(event, RefusalReason.ALARM_RUNNING)
    elif event.on:
        turn.start(Timer.WALK_TEST, WALK_TEST_SECONDS)
        walk = Walk(life_safety=event.life_safety)
        turn.update(walk=walk)
        turn.emit(WalkTestChanged(on=True, walked=(), missed=_missed(turn, walk), actor=turn.actor))
    elif not end_walk(turn):
        turn.refuse(event, RefusalReason.NO_WALK_TEST)


def end_walk(turn: Turn) -> bool:
    """End the walk test, by hand, by time, or because something matters more. Says whether one was running."""
    walk = turn.status.walk
    if walk is None:
        return False
    turn.drop(Timer.WALK_TEST)
    turn.update(walk=None)
    turn.emit(WalkTestChanged(on=False, walked=walk.walked, missed=_missed(turn, walk), actor=turn.actor))
    return True


def walked(turn: Turn, key: str) -> bool:
    """Let a walk test have a zone's opening. Says whether it did; else the zone is live."""
    walk = turn.status.walk
    if walk is None:
        return False
    zone = turn.zone(key)
    if zone.kind in LIFE_SAFETY and not walk.life_safety:
        if not zone.silent:
            # The test's end would give a silent alarm away.
            end_walk(turn)
        return False
    walk = replace(walk, walked=tuple(dict.fromkeys((*walk.walked, key))))
    turn.update(walk=walk)
    turn.emit(Chimed(zone=key))
    turn.emit(WalkTested(zone=key, left=len(_missed(turn, walk))))
    return True


def _missed(turn: Turn, walk: Walk) -> tuple[str, ...]:
    """Return the zones that are tested and were not seen yet."""
    return tuple(
        key
        for key, zone in turn.partition.zones.items()
        if key not in walk.walked
        and not turn.status.left_out(key)
        and (walk.life_safety or zone.kind not in LIFE_SAFETY)
    )
