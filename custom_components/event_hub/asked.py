"""What people ask of the engine in vain, as errors that they read."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .engine.errors import GuardedError, InvalidRuleError, UnknownKeyError


@contextmanager
def checked() -> Iterator[None]:
    """Let what the engine refuses be a ``ServiceValidationError`` in the user's words."""
    try:
        yield
    except UnknownKeyError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="unknown_device", translation_placeholders={"name": error.key}
        ) from error
    except GuardedError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=error.why,
            translation_placeholders={"names": ", ".join(error.names), "partition": error.partition},
        ) from error
    except InvalidRuleError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_setting",
            translation_placeholders={"setting": error.setting, "allowed": error.allowed},
        ) from error
