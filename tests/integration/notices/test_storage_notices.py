"""What people are told of files that cannot be read or written."""

from pathlib import Path

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.issues import forget_issues
from custom_components.event_hub.notices import Notices
from custom_components.event_hub.storage.problems import ProblemKind, StorageProblem

from .kit import later, shown, text_of


@pytest.mark.parametrize("what", ProblemKind)
@pytest.mark.parametrize("kept_as", ["/config/event_hub/activity.db.broken", None])
async def test_each_problem_of_a_file_has_its_text(
    hass: HomeAssistant, notices: Notices, what: ProblemKind, kept_as: str | None
) -> None:
    file = str(Path(hass.config.config_dir, "event_hub/activity.db"))
    notices.storage_problem(StorageProblem(what=what, file=file, detail="no space left", kept_as=kept_as))
    await later(hass)

    (issue,) = shown(hass).values()
    assert file in text_of(issue)
    of_the_past = kept_as is not None and what not in (ProblemKind.CANNOT_SAVE, ProblemKind.ENTRIES_LOST)
    assert issue.is_fixable == issue.is_persistent == of_the_past


async def test_a_file_that_can_be_written_again_is_no_problem(hass: HomeAssistant, notices: Notices) -> None:
    for solved in (False, True):
        notices.storage_problem(StorageProblem(what=ProblemKind.CANNOT_SAVE, file="activity.db", solved=solved))
        await later(hass)

    assert shown(hass) == {}


async def test_a_file_moved_aside_is_told_until_a_person_has_read_it(hass: HomeAssistant, notices: Notices) -> None:
    notices.storage_problem(StorageProblem(what=ProblemKind.BROKEN, file="activity.db", kept_as="activity.db.broken"))
    await later(hass)
    notices.clear_all()
    (issue,) = shown(hass).values()

    flows = repairs_flow_manager(hass)
    assert flows is not None
    form = await flows.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    assert form["step_id"] == "confirm"
    await flows.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    assert shown(hass) == {}


async def test_a_removed_hub_leaves_nothing_behind(hass: HomeAssistant, notices: Notices) -> None:
    notices.storage_problem(StorageProblem(what=ProblemKind.BROKEN, file="activity.db", kept_as="activity.db.broken"))
    ir.async_create_issue(
        hass, "other", "issue", is_fixable=False, severity=ir.IssueSeverity.ERROR, translation_key="issue"
    )
    await later(hass)

    forget_issues(hass)

    assert shown(hass) == {}
    assert len(ir.async_get(hass).issues) == 1
