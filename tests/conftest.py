"""What tests of a folder have in common, and how they are spread over processors."""

from asyncio import constants
import dataclasses
import os
import traceback
from typing import Any, Final

from hypothesis import HealthCheck, settings
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import custom_components  # noqa: F401 - before Home Assistant's test kit puts a package of the same name in front

_NEEDS_OUR_INTEGRATION = "integration"
_MEETS_REAL_PROGRAMS = frozenset({"e2e", "transports"})
# Brokers, apps in containers, whole Home Assistants: one after another, or they take each other's time.
_ONE_AT_A_TIME: Final = ("tests/addons/", "tests/e2e/", "tests/transports/")

# So many seconds may a test take, that one which hangs does not take all there are. One that was asked for in the
# large, by a variable of the environment, takes its time.
_LONGEST: Final = 900
_HOW_MANY_PROCESSES: Final = "EVENT_HUB_WORKERS"
_NICE: Final = 10

# asyncio's debug mode, which Home Assistant's test kit turns on, notes of all that is called later by whom it was made,
# up to the first caller: a third of the time of many tests. Its checks need none of it, and we no more than these.
_CALLERS: Final = 4
setattr(constants, "DEBUG_STACK_DEPTH", _CALLERS)  # noqa: B010 - declared final
traceback.extract_stack.__defaults__ = (None, _CALLERS)

# A busy machine is no fault of what is tested.
settings.register_profile("unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_dataclass: Final[Any] = dataclasses.dataclass


def _dataclass_or_record(cls: type | None = None, /, **options: Any) -> Any:
    """Make a dataclass; one of the hub's records (``wire/records.py``) as frozen as its readers think it is."""
    if options.get("unsafe_hash"):
        options |= {"unsafe_hash": False, "frozen": True}
    return _dataclass(cls, **options)


# Before anything of the hub is imported.
setattr(dataclasses, "dataclass", _dataclass_or_record)  # noqa: B010 - mypy knows it as no other


class Spread(LoadScopeScheduling):
    """Keep the tests of a file together, for the fixtures they share, and those of real programs in one process."""

    def _split_scope(self, nodeid: str) -> str:
        return "programs" if nodeid.startswith(_ONE_AT_A_TIME) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread:
    """Spread the tests our way where several processes run them."""
    return Spread(config, log)


def pytest_runtest_logstart(nodeid: str) -> None:
    """Let the process with the tests of real programs go first where both want a processor: only those look at clocks.

    They are the first that are given out, so no process has them after others.
    """
    is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ
    if is_one_of_several and not nodeid.startswith(_ONE_AT_A_TIME) and os.getpriority(os.PRIO_PROCESS, 0) < _NICE:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test an end."""
    if all(name == _HOW_MANY_PROCESSES or not name.startswith("EVENT_HUB_") for name in os.environ):
        for item in items:
            item.add_marker(pytest.mark.timeout(_LONGEST))


@pytest.fixture(autouse=True)
def _folder_fixtures(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load this integration, or sockets reach loopback, where a folder's tests need it."""
    folders = set(request.path.relative_to(request.config.rootpath).parts)
    if _NEEDS_OUR_INTEGRATION in folders:
        # First, so that it has an eye on the end of Home Assistant, too.
        request.getfixturevalue("no_errors")
        request.getfixturevalue("enable_custom_integrations")
    if folders & _MEETS_REAL_PROGRAMS:
        request.getfixturevalue("socket_enabled")
