"""Event Hub in the media browser: each camera, its days, and the pictures of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
import re
from typing import Final, Self, override

from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.media_player.const import MediaClass
from homeassistant.components.media_player.errors import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .picture_apps import BY_HAND, all_picture_apps, client_of
from .picture_view import path_of
from .transports.pictures import DAY, IMAGE_ID, POSITION, SLUG, Picture, PictureClient, PictureError, PictureKind

IMAGE_TYPE: Final = "image/jpeg"
# What the cameras and apps of the fleet say of a picture: ``2 person(s) and 7 things``.
SUMMARY: Final = re.compile(r"(?:(?P<people>\d{1,6}) person\(s\))?(?:(?:^| and )(?P<things>\d{1,6}) things?)?")
# As long as a page of the browser may stay open.
SIGNED_FOR: Final = timedelta(hours=24)


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return the source of all pictures."""
    return PictureSource(hass)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the browser something is: nowhere yet, or in an app, at a camera, on a day, from a position on."""

    app: str | None = None
    slug: str | None = None
    day: str | None = None
    before: str | None = None

    @classmethod
    def parse(cls, identifier: str) -> Self | None:
        """Return the place of an identifier, ``None`` if it is none."""
        if not identifier:
            return cls()
        words = identifier.split("/")
        patterns = (None, SLUG, DAY, POSITION)
        if len(words) > len(patterns) or not words[0]:
            return None
        for word, pattern in zip(words, patterns, strict=False):
            if pattern is not None and pattern.fullmatch(word) is None:
                return None
        return cls(**dict(zip(("app", "slug", "day", "before"), words, strict=False)))


class PictureSource(MediaSource):
    """What the media browser asks."""

    name = "Event Hub"

    def __init__(self, hass: HomeAssistant) -> None:
        """Answer for the hub that runs."""
        super().__init__(DOMAIN)
        self.hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where a picture is to be had."""
        match item.identifier.split("/"):
            case [app, image_id, *form] if IMAGE_ID.fullmatch(image_id) and form in ([], [PictureKind.MARKED]):
                if app in all_picture_apps(self.hass):
                    kind = PictureKind(form[0]) if form else PictureKind.CLEAN
                    return PlayMedia(path_of(app, int(image_id), kind), IMAGE_TYPE)
        raise Unresolvable(translation_domain=DOMAIN, translation_key="unknown_picture")

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return a level of the browser. Raises ``BrowseError``."""
        place, apps = Place.parse(item.identifier), all_picture_apps(self.hass)
        if not apps:
            raise BrowseError(translation_domain=DOMAIN, translation_key="no_picture_app")
        if place is None or (place.app is not None and place.app not in apps):
            raise BrowseError(translation_domain=DOMAIN, translation_key="unknown_picture")
        if place.app is None:
            if len(apps) > 1:
                return _folder("", self.name or DOMAIN, [_folder(name, self._name(name)) for name in apps])
            place = Place(app=next(iter(apps)))
        app = str(place.app)
        try:
            return await self._async_browse(client_of(self.hass, apps[app]), app, place, item.identifier)
        except PictureError as error:
            raise BrowseError(
                translation_domain=DOMAIN,
                translation_key=f"pictures_{error.problem}",
                translation_placeholders={"name": self._name(app), "detail": error.detail},
            ) from error

    async def _async_browse(self, client: PictureClient, app: str, place: Place, identifier: str) -> BrowseMediaSource:
        """Ask the app for what is at a place of its own. Raises ``PictureError``."""
        cameras = await client.async_cameras()
        if place.slug is None:
            shown = [_folder(f"{app}/{camera.slug}", f"{camera.label} ({camera.images})") for camera in cameras]
            return _folder(identifier, self.name or DOMAIN, shown)
        label = next((camera.label for camera in cameras if camera.slug == place.slug), place.slug)
        if place.day is None:
            days = await client.async_days(place.slug)
            shown = [_folder(f"{app}/{place.slug}/{day.day}", f"{day.day} ({day.images})") for day in days]
            return _folder(identifier, label, shown)
        page = await client.async_pictures(place.slug, place.day, place.before)
        shown = [self._picture(app, picture) for picture in page.pictures]
        if page.before is not None:
            title = self._text("pictures_older")
            shown.append(_folder(f"{app}/{place.slug}/{place.day}/{page.before}", title))
        return _folder(identifier, f"{label}, {place.day}", shown, MediaClass.IMAGE)

    def _picture(self, app: str, picture: Picture) -> BrowseMediaSource:
        """Show a picture; opened, it is the one with what was found drawn in, where there is one."""
        taken = dt_util.as_local(dt_util.utc_from_timestamp(picture.taken_at))
        thumbnail = path_of(app, picture.id, PictureKind.THUMBNAIL)
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"{app}/{picture.id}" + (f"/{PictureKind.MARKED}" if picture.marked else ""),
            media_class=MediaClass.IMAGE,
            media_content_type=IMAGE_TYPE,
            title=f"{taken:%H:%M:%S}" + (f" {self._found(picture.summary)}" if picture.summary else ""),
            can_play=True,
            can_expand=False,
            # Players and cards that are not logged in by themselves show it too.
            thumbnail=async_sign_path(self.hass, thumbnail, SIGNED_FOR),
        )

    def _name(self, app: str) -> str:
        """Return what people call an app."""
        return self._text("snapshot_processor") if app == BY_HAND else app

    def _found(self, summary: str) -> str:
        """Return what was found in words of Home Assistant's language; what is said otherwise stays as it is."""
        said = SUMMARY.fullmatch(summary)
        counts = {} if said is None else {what: int(count) for what, count in said.groupdict().items() if count}
        words = {what: self._counted(what, count) for what, count in counts.items()}
        if len(words) > 1:
            return self._text("pictures_both").format(**words)
        return next(iter(words.values()), summary)

    def _counted(self, what: str, count: int) -> str:
        return self._text(f"pictures_{what}_{'one' if count == 1 else 'many'}").format(count=count)

    def _text(self, key: str) -> str:
        texts = async_get_cached_translations(self.hass, self.hass.config.language, "common", DOMAIN)
        return texts.get(f"component.{DOMAIN}.common.{key}", key)


def _folder(
    identifier: str,
    title: str,
    children: Sequence[BrowseMediaSource] | None = None,
    children_class: MediaClass = MediaClass.DIRECTORY,
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type=IMAGE_TYPE,
        title=title,
        can_play=False,
        can_expand=True,
        children=children,
        children_media_class=children_class,
    )
