"""The pictures by which people know the integration."""

from PIL import Image
import pytest

from tests.source import HUB

BRAND = HUB / "brand"


@pytest.mark.parametrize(("name", "size"), [("icon.png", 256), ("icon@2x.png", 512)])
def test_an_icon_is_a_square_of_the_size_home_assistant_asks_for(name: str, size: int) -> None:
    with Image.open(BRAND / name) as picture:
        assert picture.format == "PNG"
        assert picture.size == (size, size)


@pytest.mark.parametrize("theme", ["", "dark_"])
def test_a_logo_is_twice_as_fine_for_fine_displays(theme: str) -> None:
    with Image.open(BRAND / f"{theme}logo.png") as coarse, Image.open(BRAND / f"{theme}logo@2x.png") as fine:
        assert 128 <= min(coarse.size) <= 256
        assert min(fine.size) == 2 * min(coarse.size)
        assert abs(fine.width - 2 * coarse.width) <= 2


@pytest.mark.parametrize("picture", sorted(BRAND.iterdir()), ids=lambda path: path.name)
def test_a_picture_is_small_and_transparent_around_its_shape(picture: object) -> None:
    path = BRAND / str(picture)
    with Image.open(path) as opened:
        assert opened.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)
    assert path.stat().st_size < 30_000
