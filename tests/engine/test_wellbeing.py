"""How an app is doing and what it spends: the newest heartbeat counts."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.events import Reported
from custom_components.event_hub.engine.model import SourceRecord, SourceStatus
from custom_components.event_hub.wire.messages import Dialect, Report, ReportKind
from custom_components.event_hub.wire.wellbeing import Budget, PartHealth

from .kit import Engine, source

APP = source("home", "snapshot", Dialect.NATIVE)
WELL = (PartHealth(name="receiver", ok=True), PartHealth(name="detector", ok=True))
ILL = (WELL[0], PartHealth(name="detector", ok=False, detail="Enter another access key"))
SPENT = Budget(calls_today=3, cost_this_month=0.04, currency="USD")


def beat(
    engine: Engine, health: tuple[PartHealth, ...] | None = None, budget: Budget | None = None, *, age: float = 0.0
) -> None:
    """Let the app send a heartbeat some seconds ago."""
    sent_at = engine.now - age
    report = Report(source=APP, kind=ReportKind.HEARTBEAT, sent_at=sent_at, health=health, budget=budget)
    engine.post(Reported(report=report))
    engine.wait(5)


def known(engine: Engine) -> tuple[SourceRecord, SourceStatus]:
    return engine.state.sources[APP.source_id], engine.state.source_status[APP.source_id]


@pytest.fixture
def engine() -> Engine:
    """Return an engine that knows the app."""
    engine = Engine()
    beat(engine)
    return engine


def test_the_health_of_parts_is_kept(engine: Engine) -> None:
    beat(engine, WELL)
    beat(engine, ILL)
    record, status = known(engine)
    assert (record.parts, status.health) == (("receiver", "detector"), ILL)


def test_a_heartbeat_that_does_not_mention_it_changes_nothing_of_it(engine: Engine) -> None:
    beat(engine, ILL, SPENT)
    beat(engine)
    record, status = known(engine)
    assert (record.parts, record.has_budget, record.currency) == (("receiver", "detector"), True, "USD")
    assert (status.health, status.budget) == (ILL, SPENT)


def test_a_part_that_is_gone_is_known_no_longer(engine: Engine) -> None:
    beat(engine, ILL)
    beat(engine, ILL[:1])
    assert known(engine)[0].parts == ("receiver",)


def test_a_heartbeat_that_was_overtaken_tells_nothing(engine: Engine) -> None:
    beat(engine, ILL)
    beat(engine, WELL, age=15)
    assert known(engine)[1].health == ILL


def test_a_record_stays_the_same_object_while_the_same_parts_are_told(engine: Engine) -> None:
    beat(engine, WELL, SPENT)
    record = known(engine)[0]
    beat(engine, ILL, replace(SPENT, calls_today=4))
    assert known(engine)[0] is record


@pytest.mark.parametrize(("cost", "began"), [(0.05, False), (0.04, False), (0.0, True), (None, False)])
def test_a_month_began_when_its_cost_fell(engine: Engine, cost: float | None, began: bool) -> None:
    beat(engine, budget=SPENT)
    at = engine.now
    beat(engine, budget=replace(SPENT, cost_this_month=cost))
    assert known(engine)[1].cost_since == (at if began else None)
    beat(engine, budget=replace(SPENT, cost_this_month=1.0))
    assert known(engine)[1].cost_since == (at if began else None)


def test_a_currency_that_is_left_out_is_the_one_before(engine: Engine) -> None:
    beat(engine, budget=SPENT)
    beat(engine, budget=replace(SPENT, currency=None))
    assert known(engine)[0].currency == "USD"
