from datetime import timedelta
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.storage import images
from custom_components.event_hub.storage.images import ImageShelf, Shelved, annotated_of

from .kit import async_pass, async_until

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "images"


@pytest.fixture
def told() -> list[str]:
    """The keys that were said to have a newer image."""
    return []


@pytest.fixture
def shelf(hass: HomeAssistant, folder: Path, told: list[str]) -> ImageShelf:
    return ImageShelf(hass, folder, told.append)


@pytest.mark.parametrize(("content", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
async def test_an_image_is_there_after_a_restart(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path, told: list[str], content: bytes, media_type: str
) -> None:
    assert shelf.put("Front / Door", content, 1000.0) is Shelved.NEW
    assert told == ["Front / Door"]
    await shelf.async_save()
    again = ImageShelf(hass, folder, told.append)
    await again.async_load(["Front / Door", "Back Door"])
    image = again.get("Front / Door")
    assert image is not None
    assert (image.content, image.content_type, image.taken_at) == (content, media_type, 1000.0)
    assert again.get("Back Door") is None


async def test_an_annotated_image_is_kept_beside_the_clean_one_and_goes_with_it(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path, told: list[str]
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    shelf.put(annotated_of("Door"), PNG, 1000.0)
    assert told == ["Door", annotated_of("Door")]
    await shelf.async_save()
    again = ImageShelf(hass, folder, told.append)
    await again.async_load(["Door"])
    kept = [again.get(name) for name in ("Door", annotated_of("Door"))]
    assert [image.content for image in kept if image] == [JPEG, PNG]
    again.forget(["Door"])
    await again.async_save()
    assert list(folder.iterdir()) == []


async def test_what_is_no_image_or_older_than_the_one_there_is_not_kept(shelf: ImageShelf, told: list[str]) -> None:
    assert shelf.put("Door", JPEG, 1000.0) is Shelved.NEW
    assert shelf.put("Door", b"<svg>", 1001.0) is Shelved.REFUSED
    assert shelf.put("Door", PNG, 999.0) is Shelved.OLDER
    image = shelf.get("Door")
    assert image is not None
    assert image.content == JPEG
    assert told == ["Door"]
    await shelf.async_save()


@pytest.mark.parametrize("again", [1000.0, 1000.5, 999.5])
async def test_an_image_that_comes_twice_is_told_once(shelf: ImageShelf, told: list[str], again: float) -> None:
    assert shelf.put("Door", JPEG, 1000.0) is Shelved.NEW
    assert shelf.put("Door", JPEG, again) is Shelved.KNOWN
    assert told == ["Door"]
    await shelf.async_save()


async def test_an_image_of_the_same_sight_a_while_later_is_a_newer_one(shelf: ImageShelf, told: list[str]) -> None:
    assert shelf.put("Door", JPEG, 1000.0) is Shelved.NEW
    assert shelf.put("Door", JPEG, 1005.0) is Shelved.NEW
    assert told == ["Door", "Door"]
    await shelf.async_save()


async def test_images_are_written_every_few_seconds_and_the_newest_wins(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    shelf.put("Door", PNG, 1001.0)
    assert not folder.exists()
    await async_pass(hass, 6)
    await async_until(hass, lambda: [file.suffix for file in folder.glob("*")] == [""])
    assert [file.read_bytes() for file in folder.iterdir()] == [PNG]


async def test_a_forgotten_device_leaves_no_image(hass: HomeAssistant, shelf: ImageShelf, folder: Path) -> None:
    shelf.put("Door", JPEG, 1000.0)
    await shelf.async_save()
    assert len(list(folder.iterdir())) == 1
    shelf.forget(["Door", "Window"])
    assert shelf.get("Door") is None
    await async_pass(hass, 6)
    await async_until(hass, lambda: list(folder.iterdir()) == [])


async def test_a_device_that_is_forgotten_while_its_image_is_written_leaves_none(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    shelf.forget(["Door"])
    await shelf.async_save()
    assert list(folder.iterdir()) == []


async def test_an_image_that_comes_while_another_is_written_is_saved_too(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    shelf.put("Door", PNG, 1001.0)
    await shelf.async_save()
    assert [file.read_bytes() for file in folder.iterdir()] == [PNG]


async def test_no_more_is_kept_than_memory_has_room_for(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "BYTES_LIMIT", 2 * len(JPEG))
    assert shelf.put("Door", JPEG, 1000.0) is Shelved.NEW
    assert shelf.put("Hall", JPEG, 1000.0) is Shelved.NEW
    assert shelf.put("Yard", JPEG, 1000.0) is Shelved.REFUSED
    assert shelf.put("Door", JPEG, 1001.0) is Shelved.NEW
    assert shelf.put("Door", JPEG + b"!", 1002.0) is Shelved.REFUSED
    await shelf.async_save()
    again = ImageShelf(hass, folder, lambda _: None)
    await again.async_load(["Door", "Hall"])
    assert again.put("Yard", JPEG, 1000.0) is Shelved.REFUSED
    again.forget(["Hall"])
    assert again.put("Yard", JPEG, 1000.0) is Shelved.NEW
    await again.async_save()


async def test_a_folder_that_cannot_be_made_loses_no_image_from_memory(
    shelf: ImageShelf, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("in the way")
    shelf.put("Door", JPEG, 1000.0)
    await shelf.async_save()
    assert "could not be saved" in caplog.text
    assert shelf.get("Door") is not None


async def test_an_image_that_could_not_be_written_is_written_later(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("in the way")
    shelf.put("Door", JPEG, 1000.0)
    await async_pass(hass, 6)
    await async_until(hass, lambda: "could not be saved" in caplog.text)
    shelf.put("Window", PNG, 1000.0)
    folder.unlink()
    await async_pass(hass, 61)
    await async_until(hass, lambda: len([file for file in folder.glob("*") if not file.suffix]) == 2)
    again = ImageShelf(hass, folder, lambda _: None)
    await again.async_load(["Door"])
    assert again.get("Door") == shelf.get("Door")


async def test_a_file_that_cannot_be_written_keeps_no_other_image_off_the_disk(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    await shelf.async_save()
    (door,) = folder.iterdir()
    door.unlink()
    door.mkdir()
    for number in range(20):
        shelf.put("Door", PNG, 1001.0 + number)
        shelf.put(f"Camera {number}", JPEG, 1000.0)
    await async_pass(hass, 6)
    await async_until(hass, lambda: "could not be saved" in caplog.text)
    assert len([file for file in folder.iterdir() if file.is_file() and not file.suffix]) == 20
    door.rmdir()
    await async_pass(hass, 61)
    await async_until(hass, lambda: door.is_file() and door.read_bytes() == PNG)


async def test_at_the_end_a_file_that_cannot_be_written_keeps_no_other_image_off_the_disk(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    await shelf.async_save()
    (door,) = folder.iterdir()
    door.unlink()
    door.mkdir()
    shelf.put("Door", PNG, 1001.0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    shelf.put("Window", PNG, 1000.0)
    await shelf.async_save()
    again = ImageShelf(hass, folder, lambda _: None)
    await again.async_load(["Window"])
    assert again.get("Window") == shelf.get("Window")


async def test_an_image_that_could_not_be_written_is_written_at_the_end(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path
) -> None:
    folder.write_text("in the way")
    shelf.put("Door", JPEG, 1000.0)
    await shelf.async_save()
    folder.unlink()
    await shelf.async_save()
    again = ImageShelf(hass, folder, lambda _: None)
    await again.async_load(["Door"])
    assert again.get("Door") == shelf.get("Door")


async def test_an_image_that_cannot_be_read_takes_no_other_along(
    hass: HomeAssistant, shelf: ImageShelf, folder: Path, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    shelf.put("Door", JPEG, 1000.0)
    await shelf.async_save()
    (door,) = folder.iterdir()
    shelf.put("Window", PNG, 1000.0)
    await shelf.async_save()
    door.unlink()
    door.mkdir()
    again = ImageShelf(hass, folder, told.append)
    await again.async_load(["Door", "Window"])
    assert again.get("Door") is None
    assert again.get("Window") is not None
    assert "The newest image of Door could not be read" in caplog.text
