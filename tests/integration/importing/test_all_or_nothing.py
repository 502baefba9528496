"""What is taken over is taken over as a whole, and what a device then would not take is told."""

import pytest

from custom_components.event_hub.engine.errors import UnknownKeyError
from custom_components.event_hub.engine.events import EnabledSet, Event, InputExpected, Linked, OutputExpected
from custom_components.event_hub.engine.model import InputRecord, OutputRecord
from custom_components.event_hub.wire.messages import OutputReport, ReportKind
from tests.integration.actions.kit import ask, tell
from tests.integration.kit import Home
from tests.integration.notices.kit import later, shown, text_of

BEFORE: tuple[Event, ...] = (
    InputExpected(record=InputRecord(key="Door", source_id="")),
    OutputExpected(record=OutputRecord(key="Siren", source_id="")),
    Linked(inputs=("Door",), outputs=("Siren",)),
)


async def test_one_event_may_need_what_another_before_it_does(home: Home) -> None:
    home.hub.post_all(BEFORE)
    assert home.hub.state.inputs["Door"].links == ("Siren",)


async def test_where_the_last_is_asked_in_vain_none_happens(home: Home) -> None:
    inputs, outputs = dict(home.hub.state.inputs), dict(home.hub.state.outputs)
    with pytest.raises(UnknownKeyError):
        home.hub.post_all((*BEFORE, EnabledSet(inputs=("Gate",))))
    assert (home.hub.state.inputs, home.hub.state.outputs) == (inputs, outputs)


async def test_parameters_that_a_device_would_not_take_are_a_repair_and_in_the_log(home: Home) -> None:
    await tell(
        home.hass,
        "import_configuration",
        yaml="event_hub: 1\noutputs: {Siren: {params: 'me:hunter2@x'}}",
        dry_run=False,
    )
    await home.report(outputs=[OutputReport(device_key="Siren")], kind=ReportKind.HEARTBEAT)
    await later(home.hass)
    issue = shown(home.hass)["params_refused_Siren"]
    assert "The parameters of Siren were removed" in text_of(issue)
    assert "The parameter of a relay must be a number" in text_of(issue)
    logged = (await ask(home.hass, "list_activity", output="Siren"))["activity"]
    assert "params_refused" in {entry["kind"] for entry in logged}
    assert "hunter2" not in str(logged)
