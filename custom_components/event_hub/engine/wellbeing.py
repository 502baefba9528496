"""How the parts of an app are doing and what it spends, as its newest heartbeat has it."""

from dataclasses import replace

from ..wire.messages import Report
from ..wire.wellbeing import Budget
from .state import Draft


def note(draft: Draft, source_id: str, report: Report) -> None:
    """Keep what a heartbeat tells; of what it does not mention nothing is known to have changed."""
    record, status = draft.sources.get(source_id), draft.source_status.get(source_id)
    if record is None or status is None:
        return
    known, now = record, status
    if report.health is not None:
        known = replace(known, parts=tuple(part.name for part in report.health))
        now = replace(now, health=report.health)
    if report.budget is not None:
        currency = report.budget.currency or known.currency
        known = replace(known, has_budget=True, currency=currency)
        began = draft.now if _fell(status.budget, report.budget) else status.cost_since
        now = replace(now, budget=report.budget, cost_since=began)
    # A record that is another object has every entity of the source looked at.
    if known != record:
        draft.sources[source_id] = known
    if now != status:
        draft.source_status[source_id] = now


def _fell(before: Budget | None, said: Budget) -> bool:
    """Whether the month's cost is less than it was: another month."""
    if before is None or before.cost_this_month is None or said.cost_this_month is None:
        return False
    return said.cost_this_month < before.cost_this_month
