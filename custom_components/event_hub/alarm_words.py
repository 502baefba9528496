"""What is wrong with zones and sirens, in words of Home Assistant's language, for texts that people read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .engine.alarm.model import UNKNOWN_INPUT, InputStanding, Partition
from .engine.alarm.problems import Problem, ZoneProblem
from .engine.standing import standings
from .identifiers import name_of

if TYPE_CHECKING:
    from .hub import Hub

# More of them make no text that anybody reads.
MOST_NAMED: Final = 10
UNHEARD: Final = "unheard"
UNREACHABLE: Final = "unreachable"


@callback
def problems_in_words(hub: Hub, partition: Partition, problems: Iterable[ZoneProblem]) -> str:
    """Return which zones have which problems: ``Window (open), Shed (not heard since the start)``.

    With more than ten, how many more there are. ``partition`` is the one that was asked, a master too.
    """
    parts = list(_parts(hub, partition, problems))
    named = ", ".join(parts[:MOST_NAMED])
    more = len(parts) - MOST_NAMED
    return f"{named} {word(hub.hass, 'more', n=str(more))}" if more > 0 else named


@callback
def word(hass: HomeAssistant, name: str, **facts: str) -> str:
    """Return a word of ours in Home Assistant's language; its name where there is none."""
    words = async_get_cached_translations(hass, hass.config.language, "exceptions", DOMAIN)
    text = words.get(f"component.{DOMAIN}.exceptions.alarm_word_{name}.message")
    return name.replace("_", " ") if text is None else text.format(**facts)


def _parts(hub: Hub, partition: Partition, problems: Iterable[ZoneProblem]) -> Iterator[str]:
    state = hub.state
    known: dict[str, Mapping[str, InputStanding]] = {}
    what: dict[str, list[str]] = {}
    for problem in problems:
        partition_id = problem.partition_id or partition.partition_id
        if partition_id not in known:
            concerned = state.partitions.get(partition_id)
            known[partition_id] = {} if concerned is None else standings(state, concerned)
        standing = known[partition_id].get(problem.zone, UNKNOWN_INPUT)
        # A zone of several partitions is named once.
        said = what.setdefault(problem.zone, [])
        named = word(hub.hass, _name(problem.problem, standing))
        if named not in said:
            said.append(named)
    for key, words in what.items():
        yield f"{name_of(key, state.inputs, state.outputs)} ({', '.join(words)})"


def _name(problem: Problem, standing: InputStanding) -> str:
    """Return the name of what is wrong: of what is lost, why."""
    if problem is not Problem.LOST or standing.lost:
        return problem.value
    return UNREACHABLE if standing.unreachable else UNHEARD
