"""Which apps keep pictures, as the config entry has it: each under the name it has among its own, with its address.

Kept in the entry's data, so that an app that the Supervisor announces, or an
address that a person enters, counts at once and the hub runs on.
"""

from collections.abc import Callable, Iterable, Mapping
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey
from yarl import URL

from .const import DOMAIN
from .entry_data import is_host
from .transports.pictures import PictureApp, PictureClient

CONF_IMAGES: Final = "images"
CONF_APP: Final = "app"
CONF_SOURCE: Final = "source"
# The name of the app whose address a person entered.
BY_HAND: Final = "by_hand"
TOKEN_ERRORS: Final = ("invalid_token", "token_missing")
DEFAULT_PORT: Final = 8098

_NAME: Final = re.compile(r"[^/\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_TOKEN: Final = re.compile(r"[ -~]{1,512}")

type Kept = dict[str, dict[str, str]]

# What the Supervisor announced since Home Assistant started; it does so once a start of an app, hub or no hub.
_ANNOUNCED: Final[HassKey[dict[str, PictureApp]]] = HassKey(f"{DOMAIN}_announced_pictures")


class AddressError(ValueError):
    """An address or token that cannot be one; the text is the word for it in translations."""


def picture_apps(entry: ConfigEntry[Any]) -> dict[str, PictureApp]:
    """Return the apps that keep pictures, by their names."""
    kept: Mapping[str, Mapping[str, str]] = entry.data.get(CONF_IMAGES, {})
    return {
        name: PictureApp(url=app[CONF_URL], token=app[CONF_TOKEN], source_id=app.get(CONF_SOURCE))
        for name, app in kept.items()
    }


def all_picture_apps(hass: HomeAssistant) -> dict[str, PictureApp]:
    """Return the apps of the hub that runs."""
    return {
        name: app
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        for name, app in picture_apps(entry).items()
    }


def client_of(hass: HomeAssistant, app: PictureApp) -> PictureClient:
    """Return who asks an app."""
    return PictureClient(async_get_clientsession(hass), app)


def with_app(kept: Mapping[str, Any], name: str, app: PictureApp | None) -> dict[str, Any]:
    """Return an entry's data with an app under a name, or without it; one address counts once."""
    apps: Kept = {
        other: dict(known)
        for other, known in kept.get(CONF_IMAGES, {}).items()
        if other != name and (app is None or known[CONF_URL] != app.url)
    }
    if app is not None:
        of_source = {} if app.source_id is None else {CONF_SOURCE: app.source_id}
        apps[name] = {CONF_URL: app.url, CONF_TOKEN: app.token, **of_source}
    rest = {key: value for key, value in kept.items() if key != CONF_IMAGES}
    return rest | ({CONF_IMAGES: apps} if apps else {})


@callback
def async_keep(hass: HomeAssistant, entry: ConfigEntry[Any], name: str, app: PictureApp | None) -> None:
    """Keep where an app's pictures are, or forget it with ``None``. The hub need not be restarted for it."""
    hass.config_entries.async_update_entry(entry, data=with_app(entry.data, name, app))


@callback
def async_remember(hass: HomeAssistant, name: str, app: PictureApp | None) -> None:
    """Remember what was announced of an app, for a hub that is set up later; ``None``: it keeps no pictures."""
    announced = hass.data.setdefault(_ANNOUNCED, {})
    if app is None:
        announced.pop(name, None)
    else:
        announced[name] = app


def with_announced(hass: HomeAssistant, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data with every app that was announced."""
    data = dict(kept)
    for name, app in hass.data.get(_ANNOUNCED, {}).items():
        data = with_app(data, name, app)
    return data


@callback
def async_forget(hass: HomeAssistant, entry: ConfigEntry[Any], names: Iterable[str]) -> None:
    """Forget apps; each comes back when it is announced again."""
    data: Mapping[str, Any] = entry.data
    for name in names:
        async_remember(hass, name, None)
        data = with_app(data, name, None)
    hass.config_entries.async_update_entry(entry, data=data)


def forgetting(hass: HomeAssistant, entry: ConfigEntry[Any], sources: Mapping[str, object]) -> Callable[[], None]:
    """Return what is to be called when ``sources`` changed: it forgets the apps whose source is gone from there."""
    before = set(sources)

    @callback
    def look() -> None:
        gone = before.difference(sources)
        before.clear()
        before.update(sources)
        names = [name for name, app in picture_apps(entry).items() if app.source_id in gone] if gone else []
        if names:
            async_forget(hass, entry, names)

    return look


def read_announced(name: str, config: Mapping[str, Any]) -> PictureApp | None:
    """Return where the pictures of an app called ``name`` are that the Supervisor announced, if it says so."""
    said, topic = config.get(CONF_IMAGES), config.get(CONF_APP)
    if not isinstance(said, Mapping) or _NAME.fullmatch(name) is None:
        return None
    try:
        host, port = str(said[CONF_HOST]), int(said.get(CONF_PORT, DEFAULT_PORT))
        return PictureApp(
            url=read_url(f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
            token=read_token(str(said[CONF_TOKEN])),
            source_id=f"{topic}.{name}" if isinstance(topic, str) else None,
        )
    except KeyError, TypeError, ValueError, OverflowError:
        return None


def read_url(text: str) -> str:
    """Return an address as people write it, with or without scheme and port, as a URL. Raises ``AddressError``."""
    text = text.strip()
    plain = "://" not in text
    try:
        url = URL(f"http://{text}" if plain else text)
        port = url.explicit_port
    except ValueError as error:
        raise AddressError("invalid_address") from error
    if url.scheme not in ("http", "https") or port == 0 or not is_host(url.host or ""):
        raise AddressError("invalid_address")
    if url.user is not None or url.path not in ("", "/") or url.query_string or url.fragment:
        raise AddressError("address_with_path")
    if plain and port is None:
        url = url.with_port(DEFAULT_PORT)
    return str(url.origin())


def read_token(text: str) -> str:
    """Return a token that can be one. Raises ``AddressError``."""
    text = text.strip()
    if not text:
        raise AddressError("token_missing")
    if _TOKEN.fullmatch(text) is None:
        raise AddressError("invalid_token")
    return text
