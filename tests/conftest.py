"""What tests of a folder have in common."""

import pytest

import custom_components  # noqa: F401 - before Home Assistant's test kit puts a package of the same name in front

_NEEDS_OUR_INTEGRATION = "integration"
_MEETS_REAL_PROGRAMS = frozenset({"e2e", "transports"})


@pytest.fixture(autouse=True)
def _folder_fixtures(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load this integration, or sockets reach loopback, where a folder's tests need it."""
    folders = set(request.path.relative_to(request.config.rootpath).parts)
    if _NEEDS_OUR_INTEGRATION in folders:
        request.getfixturevalue("enable_custom_integrations")
    if folders & _MEETS_REAL_PROGRAMS:
        request.getfixturevalue("socket_enabled")
