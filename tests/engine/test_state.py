"""A copy of the state, for those who try something."""

from collections.abc import MutableMapping, MutableSequence, MutableSet

from custom_components.event_hub.engine.deadlines import Deadlines
from custom_components.event_hub.engine.events import EnabledSet, Forgotten
from custom_components.event_hub.engine.step import step

from .kit import Engine


def test_a_copy_has_everything_and_goes_its_own_way() -> None:
    engine = Engine()
    engine.output()
    engine.input()
    engine.link()
    engine.active()
    twin, due = engine.state.copy(), engine.state.next_deadline()
    before = {name: str(getattr(twin, name)) for name in twin.__slots__ if name != "deadlines"}
    assert before == {name: str(getattr(engine.state, name)) for name in before}
    assert due is not None
    assert twin.next_deadline() == due
    for event in (EnabledSet(outputs=("Siren",), enabled=False), Forgotten(keys=("Door",))):
        twin.apply(step(twin, event, engine.now).changes)
    assert "Door" not in twin.inputs
    assert engine.state.outputs["Siren"].enabled
    assert engine.state.inputs["Door"].links == ("Siren",)
    assert engine.state.next_deadline() == due
    assert twin.next_deadline() != due


def test_nothing_that_can_change_is_in_both() -> None:
    state = Engine().state
    twin = state.copy()
    both = [getattr(twin, name) for name in twin.__slots__ if getattr(twin, name) is getattr(state, name)]
    assert both
    assert not [value for value in both if isinstance(value, Deadlines | MutableMapping | MutableSequence | MutableSet)]
