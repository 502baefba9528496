"""What the forms about RabbitMQ ask, and what their answers mean.

A password is never shown again: left empty it means the one given before.
"""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol

from .entry_data import (
    CONF_CA_CERTIFICATE,
    CONF_EXCHANGE,
    CONF_HOSTS,
    CONF_QUEUE,
    CONF_QUORUM,
    CONF_TLS,
    CONF_VERIFY,
    CONF_VIRTUAL_HOST,
    is_host,
    read_rabbitmq,
)
from .transports.amqp import AmqpConfig, async_test_connection
from .transports.amqp_config import PLAIN_PORT, split_host, tls_context
from .transports.link import LinkError, Problem

BASE: Final = "base"
SECURITY: Final = "security"
NAMES: Final = "names"
LAST_PORT: Final = 65_535
# A host name at its longest, and an AMQP short string with room for the control exchange's suffix.
LONGEST_NAME: Final = 240
DEFAULTS: Final = AmqpConfig(hosts=())

_FIELDS: Final = {
    Problem.CANNOT_RESOLVE: CONF_HOSTS,
    Problem.TLS_UNTRUSTED: SECURITY,
    Problem.TLS_MISMATCH: SECURITY,
    Problem.QUEUE_MISMATCH: NAMES,
}

type Kept = dict[str, Any]


class FaultyAnswerError(Exception):
    """An answer that cannot be used: where it is shown, and the word that says why, with its particulars."""

    def __init__(self, field: str, error: str, *, host: str = "", detail: str = "") -> None:
        """Keep what forms show."""
        super().__init__(error)
        self.errors = {field: error}
        self.placeholders = {"host": host, "detail": detail}


def login_fields() -> dict[vol.Marker, Any]:
    """Return the fields by which RabbitMQ decides who may do what."""
    return {
        vol.Required(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="username")),
        vol.Optional(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
        ),
        vol.Required(CONF_VIRTUAL_HOST, default=DEFAULTS.virtual_host): TextSelector(),
    }


def connection_schema(unfold: Container[str] = ()) -> vol.Schema:
    """Return the form about RabbitMQ. What few people need is folded away but for the sections in ``unfold``."""
    security = {
        vol.Required(CONF_TLS, default=DEFAULTS.tls): BooleanSelector(),
        vol.Required(CONF_VERIFY, default=DEFAULTS.verify): BooleanSelector(),
        vol.Optional(CONF_CA_CERTIFICATE): TextSelector(TextSelectorConfig(multiline=True)),
    }
    names = {
        vol.Required(CONF_EXCHANGE, default=DEFAULTS.exchange): TextSelector(),
        vol.Required(CONF_QUEUE, default=DEFAULTS.queue): TextSelector(),
        vol.Required(CONF_QUORUM, default=DEFAULTS.quorum): BooleanSelector(),
    }
    return vol.Schema(
        {
            vol.Required(CONF_HOSTS): TextSelector(),
            **login_fields(),
            vol.Required(SECURITY): section(vol.Schema(security), {"collapsed": SECURITY not in unfold}),
            vol.Required(NAMES): section(vol.Schema(names), {"collapsed": NAMES not in unfold}),
        }
    )


def form_values(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of a connection: all but its password."""
    security = (CONF_TLS, CONF_VERIFY, CONF_CA_CERTIFICATE)
    names = (CONF_EXCHANGE, CONF_QUEUE, CONF_QUORUM)
    return {
        CONF_HOSTS: ", ".join(kept[CONF_HOSTS]),
        CONF_USERNAME: kept[CONF_USERNAME],
        CONF_VIRTUAL_HOST: kept[CONF_VIRTUAL_HOST],
        SECURITY: {name: kept[name] for name in security if name in kept},
        NAMES: {name: kept[name] for name in names},
    }


def unusual(shown: Mapping[str, Any]) -> set[str]:
    """Return the sections in which a form's values are others than most people have."""
    usual = {
        SECURITY: {CONF_TLS: DEFAULTS.tls, CONF_VERIFY: DEFAULTS.verify},
        NAMES: {CONF_EXCHANGE: DEFAULTS.exchange, CONF_QUEUE: DEFAULTS.queue, CONF_QUORUM: DEFAULTS.quorum},
    }
    return {name for name, values in usual.items() if shown.get(name, values) != values}


def read_login(answers: Mapping[str, Any], password: str | None) -> Kept:
    """Return the answers of ``login_fields``. Raises ``FaultyAnswerError``.

    ``password`` is the one given before, which an empty answer stands for.
    """
    given = answers.get(CONF_PASSWORD) or password
    if not given:
        raise FaultyAnswerError(CONF_PASSWORD, "password_missing")
    return {
        CONF_USERNAME: answers[CONF_USERNAME],
        CONF_PASSWORD: given,
        CONF_VIRTUAL_HOST: _read_word(answers, CONF_VIRTUAL_HOST),
    }


def read_connection(answers: Mapping[str, Any], password: str | None) -> Kept:
    """Return what the entry keeps about RabbitMQ. Raises ``FaultyAnswerError``."""
    security, names = answers[SECURITY], answers[NAMES]
    kept = {
        CONF_HOSTS: read_hosts(answers[CONF_HOSTS]),
        **read_login(answers, password),
        CONF_TLS: security[CONF_TLS],
        CONF_VERIFY: security[CONF_VERIFY],
        CONF_EXCHANGE: _read_word(names, CONF_EXCHANGE, NAMES),
        CONF_QUEUE: _read_word(names, CONF_QUEUE, NAMES),
        CONF_QUORUM: names[CONF_QUORUM],
    }
    certificate = security.get(CONF_CA_CERTIFICATE, "").strip()
    return kept | ({CONF_CA_CERTIFICATE: certificate} if certificate else {})


def read_discovered(config: Mapping[str, Any]) -> Kept | None:
    """Return what the entry keeps about a RabbitMQ that the Supervisor announced, ``None`` if it says too little."""
    try:
        host, port = str(config[CONF_HOST]), int(config.get(CONF_PORT, PLAIN_PORT))
        answers = {
            CONF_HOSTS: f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            CONF_USERNAME: str(config[CONF_USERNAME]),
            CONF_VIRTUAL_HOST: str(config.get(CONF_VIRTUAL_HOST, DEFAULTS.virtual_host)),
            SECURITY: {CONF_TLS: bool(config.get(CONF_TLS, DEFAULTS.tls)), CONF_VERIFY: DEFAULTS.verify},
            NAMES: {
                CONF_EXCHANGE: str(config.get(CONF_EXCHANGE, DEFAULTS.exchange)),
                CONF_QUEUE: DEFAULTS.queue,
                CONF_QUORUM: DEFAULTS.quorum,
            },
        }
        return read_connection(answers, str(config[CONF_PASSWORD]))
    except KeyError, TypeError, ValueError, FaultyAnswerError:
        return None


def read_hosts(text: str) -> list[str]:
    """Read hosts, with or without a port, separated by commas. Raises ``FaultyAnswerError``."""
    hosts = [host for part in text.split(",") if (host := part.strip())]
    if not hosts:
        raise FaultyAnswerError(CONF_HOSTS, "host_missing")
    for host in hosts:
        if "/" in host or "@" in host:
            raise FaultyAnswerError(CONF_HOSTS, "host_is_url", host=host.rpartition("@")[2])
        if not _is_host(host):
            raise FaultyAnswerError(CONF_HOSTS, "invalid_host", host=host)
    return list(dict.fromkeys(hosts))


async def async_check(hass: HomeAssistant, kept: Mapping[str, Any], max_validity: float) -> None:
    """Connect to every host, as the hub would. Raises ``FaultyAnswerError``."""
    config = read_rabbitmq(kept, max_validity)
    try:
        await hass.async_add_executor_job(tls_context, config)
    except LinkError as error:
        raise FaultyAnswerError(SECURITY, "invalid_certificate", detail=error.detail) from error
    for host in config.hosts:
        try:
            await async_test_connection(replace(config, hosts=(host,)))
        except LinkError as error:
            problem = Problem(error.problem)
            field = _FIELDS.get(problem, BASE)
            raise FaultyAnswerError(field, problem, host=host, detail=error.detail) from error


def _is_host(text: str) -> bool:
    try:
        name, port = split_host(text, PLAIN_PORT)
    except LinkError:
        return False
    return 0 < port <= LAST_PORT and len(name) <= LONGEST_NAME and is_host(name)


def _read_word(answers: Mapping[str, Any], name: str, field: str | None = None) -> str:
    word: str = answers[name].strip()
    if not 0 < len(word.encode()) <= LONGEST_NAME:
        raise FaultyAnswerError(field or name, "invalid_name")
    return word
