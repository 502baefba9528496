"""An input's links as a configuration has them: what is unlinked and linked for that, and how it is said."""

from collections.abc import Container, Iterator

from ..engine.events import Linked
from ..engine.model import InputRecord
from .languages.sentences import Does
from .wording import Wording


def plan_links(
    record: InputRecord, links: tuple[str, ...], outputs: Container[str], does: Does, wording: Wording
) -> Iterator[tuple[str, Linked]]:
    """Yield what makes exactly these links, in this order, each with its text.

    New links go to the end, so others may have to go first and come again. That is not said: such a step has no text.
    """
    kept = tuple(key for key in record.links if key in links)
    if kept != links[: len(kept)]:
        kept = ()
    gone = tuple(key for key in record.links if key not in kept)
    added = tuple(key for key in links if key not in kept and key in outputs)
    lost = tuple(key for key in gone if key not in added)
    new = tuple(key for key in added if key not in gone)
    after = (*kept, *added)
    moved = [key for key in record.links if key in after] != [key for key in after if key in record.links]
    name = wording.quoted(record.key)
    if gone:
        text = does.triggers_no_more.format(name=name, outputs=wording.listed(lost)) if lost else ""
        yield text, Linked(inputs=(record.key,), outputs=gone, linked=False)
    if added:
        words, told = (does.triggers_in_order, after) if moved else (does.triggers, new)
        text = words.format(name=name, outputs=wording.listed(told)) if told else ""
        yield text, Linked(inputs=(record.key,), outputs=added, linked=True)
