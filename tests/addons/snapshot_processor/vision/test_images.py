"""Which bytes are a picture, and what becomes of it."""

from io import BytesIO
import struct
import zlib

from hypothesis import given, settings, strategies as st
import numpy as np
from PIL import Image
import pytest

from snapshot_processor.images import (
    BrokenImageError,
    Picture,
    distance,
    fingerprint,
    fitted,
    jpeg,
    outgoing,
    presentable,
    read_picture,
)

from .kit import LARGE, NIGHT, NOON, noise, picture_of, plain, png, scene

WHOLE = scene("Porch", NOON, 1).content


def made(kind: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(out, kind, **options)
    return out.getvalue()


def thermal(size: tuple[int, int] = (64, 48)) -> bytes:
    """Return grey of 16 bits, from black on the left to white on the right."""
    out = BytesIO()
    ramp = np.linspace(0, 65_535, size[0]).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (size[1], 1))).save(out, "PNG")
    return out.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = plain(64, 32)
    pixels[:, :16] = (0, 0, 255)
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[..., ::-1])).save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """Return a few bytes that say they are a picture of that size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


KINDS = {
    "a JPEG": made("JPEG"),
    "a progressive JPEG": made("JPEG", progressive=True),
    "a JPEG with restart marks": made("JPEG", restart_marker_rows=1),
    "a grey JPEG": made("JPEG", "L"),
    "a JPEG for printers": made("JPEG", "CMYK"),
    "a JPEG with a comment": made("JPEG", comment=b"\xff\xd9 is not the end \xff\xda nor is this"),
    "a PNG": made("PNG"),
    "a PNG with a palette": made("PNG", "P"),
    "a PNG one can see through": made("PNG", "RGBA"),
    "a PNG of two colours": made("PNG", "1"),
    "a PNG of 16 bits": thermal(),
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS.keys())
def test_jpeg_and_png_are_read_whatever_they_are_like_inside(content: bytes) -> None:
    picture = read_picture(content)
    assert (picture.width, picture.height, picture.pixels.shape) == (64, 48, (48, 64, 3))
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.std() > 10
    assert picture.content is content


def test_the_kind_is_told() -> None:
    assert (read_picture(KINDS["a PNG"]).kind, read_picture(KINDS["a JPEG"]).kind) == ("png", "jpeg")


def test_pixels_are_blue_green_red() -> None:
    pixels = plain()
    pixels[:] = (250, 20, 10)
    assert np.abs(picture_of(pixels).pixels.mean(axis=(0, 1)) - (250, 20, 10)).max() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_the_right_way_up(orientation: int) -> None:
    picture = read_picture(turned(orientation))
    assert (picture.width, picture.height) == ((32, 64) if orientation >= 5 else (64, 32))
    red = picture.pixels[..., 2] > 200
    halves = {"left": red[:, : red.shape[1] // 4], "right": red[:, -red.shape[1] // 4 :]}
    halves |= {"top": red[: red.shape[0] // 4], "bottom": red[-red.shape[0] // 4 :]}
    places = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}
    assert halves[places[orientation]].mean() > 0.8


def test_a_picture_of_twelve_megapixels_is_read() -> None:
    picture = scene("Street", NOON, 2, LARGE)
    assert picture.pixels.shape == (3_000, 4_000, 3)


@pytest.mark.parametrize("size", [(16, 16), (16, 400), (400, 16)])
def test_sixteen_pixels_a_side_are_enough(size: tuple[int, int]) -> None:
    assert read_picture(made("PNG", size=size)).width == size[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"<html>", "no JPEG or PNG", id="a page"),
        pytest.param(made("GIF"), "no JPEG or PNG", id="a GIF"),
        pytest.param(made("BMP"), "no JPEG or PNG", id="a BMP"),
        pytest.param(WHOLE[: len(WHOLE) // 2], "cut off", id="half a JPEG"),
        pytest.param(WHOLE[:-2], "cut off", id="a JPEG without its end mark"),
        pytest.param(WHOLE[:-1], "cut off", id="a JPEG with half an end mark"),
        pytest.param(WHOLE[: len(WHOLE) // 2] + bytes(len(WHOLE) // 2), "cut off", id="half a JPEG and zeros"),
        pytest.param(KINDS["a PNG"][:-12], "cut off", id="a PNG without its end"),
        pytest.param(KINDS["a PNG"][:-1], "cut off", id="a PNG without its last checksum"),
        pytest.param(b"\xff\xd8\xff\xd9", "damaged", id="a JPEG of nothing"),
        pytest.param(made("PNG", size=(15, 200)), "15x200 pixels: at least 16x16", id="too small"),
        pytest.param(huge_png(6_251, 4_000), "6251x4000 pixels, more than 25 million", id="too large"),
        pytest.param(huge_png(60_000, 60_000), "damaged|more than 25 million", id="far too large"),
        pytest.param(huge_png(6_250, 4_000), "damaged", id="large and empty"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_words(content: bytes, words: str) -> None:
    with pytest.raises(BrokenImageError, match=words):
        read_picture(content)


def test_grey_of_sixteen_bits_becomes_grey_of_eight() -> None:
    shades = read_picture(thermal((256, 16))).pixels[8, :, 0]
    assert np.abs(shades.astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("content", [WHOLE, KINDS["a PNG"]], ids=["JPEG", "PNG"])
def test_what_follows_a_proper_end_is_no_matter(content: bytes) -> None:
    assert np.array_equal(read_picture(content + b"\0 trailer \xff\xd8\xff").pixels, read_picture(content).pixels)


def test_of_several_pictures_in_a_file_the_first_is_read() -> None:
    one, other = (Image.effect_noise(size, 80).convert("RGB") for size in ((64, 48), (32, 32)))
    out = BytesIO()
    one.save(out, "MPO", save_all=True, append_images=[other])
    content = out.getvalue()
    assert content.count(b"\xff\xd8\xff") == 2
    for end in (len(content), len(content) - 100):
        picture = read_picture(content[:end])
        assert (picture.kind, picture.width) == ("jpeg", 64)
        assert outgoing(content[:end]) == content[:end]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_notes_do_not_spoil_a_picture() -> None:
    content = turned(6)
    assert content.count(b"Exif\0\0MM\0*") == 1
    picture = read_picture(content.replace(b"Exif\0\0MM\0*\0\0\0\x08", b"Exif\0\0MM\0*\xff\xff\xff\xf8"))
    assert (picture.width, picture.height) == (64, 32)


def whole_or_broken(content: bytes) -> Picture | None:
    try:
        return read_picture(content)
    except BrokenImageError:
        return None


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_a_picture_or_broken(content: bytes, head: bytes) -> None:
    whole_or_broken(head + content)


@settings(max_examples=200)
@given(st.sampled_from(list(KINDS.values())), st.data())
def test_no_part_of_a_picture_passes_for_it(content: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(content) - 1))
    assert whole_or_broken(content[:cut]) is None


@settings(max_examples=200)
@given(
    st.sampled_from(list(KINDS.values())),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_a_damaged_picture_is_read_or_broken(content: bytes, damages: list[tuple[int, int]]) -> None:
    damaged = bytearray(content)
    for place, value in damages:
        damaged[place % len(damaged)] = value
    whole_or_broken(bytes(damaged))


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((640, 480), 320, (320, 240)),
        ((480, 640), 320, (240, 320)),
        ((640, 480), 640, (640, 480)),
        ((640, 480), 5_000, (640, 480)),
        ((1_000, 16), 100, (100, 2)),
        ((9_000, 16), 100, (100, 1)),
    ],
)
def test_pixels_are_fitted_and_never_enlarged(size: tuple[int, int], longest: int, expected: tuple[int, int]) -> None:
    height, width = fitted(plain(*size), longest).shape[:2]
    assert (width, height) == expected


def test_a_jpeg_within_the_limits_goes_out_as_it_came() -> None:
    picture = scene("Porch", NOON)
    assert presentable(picture) is picture.content
    assert outgoing(picture.content) is picture.content


@pytest.mark.parametrize("size", [(2_400, 1_600), (1_000, 3_000)])
def test_a_larger_picture_is_scaled_down(size: tuple[int, int]) -> None:
    picture = picture_of(plain(*size))
    shown = read_picture(presentable(picture))
    assert max(shown.width, shown.height) == 1_920
    assert abs(shown.width / shown.height - size[0] / size[1]) < 0.01
    assert outgoing(picture.content) == presentable(picture)


def test_a_png_goes_out_as_a_jpeg_of_the_same_size() -> None:
    content = png(scene("Porch", NOON).pixels)
    shown = read_picture(outgoing(content))
    assert (shown.kind, shown.width, shown.height) == ("jpeg", 640, 360)


@pytest.mark.parametrize("largest", [300_000, 100_000, 20_000])
def test_a_picture_of_too_many_bytes_is_made_smaller(largest: int) -> None:
    picture = picture_of(noise(800, 600))
    assert len(picture.content) > largest
    shown = presentable(picture, largest=largest)
    assert len(shown) <= largest
    assert whole_or_broken(shown) is not None


def test_what_fits_into_nothing_is_still_a_picture() -> None:
    assert whole_or_broken(presentable(picture_of(noise(100, 100)), largest=10)) is not None


def test_what_a_disk_has_damaged_goes_out_as_it_is() -> None:
    damaged = b"\x89PNG\r\n\x1a\n" + bytes(100)
    assert outgoing(damaged) is damaged
    assert outgoing(b"\xff\xd8\xff" + bytes(9)) == b"\xff\xd8\xff" + bytes(9)


def test_a_better_quality_takes_more_bytes() -> None:
    pixels = scene("Porch", NOON).pixels
    assert len(jpeg(pixels, 30)) < len(jpeg(pixels, 60)) < len(jpeg(pixels, 95))


def test_a_picture_that_was_coded_again_has_the_same_fingerprint() -> None:
    picture = scene("Garden", NOON)
    again = read_picture(jpeg(picture.pixels, 40))
    assert distance(fingerprint(picture.pixels), fingerprint(again.pixels)) <= 2


def test_an_even_picture_has_the_same_fingerprint_in_spite_of_noise() -> None:
    rough = (plain() + np.random.default_rng(1).normal(0, 4, (240, 320, 3))).clip(0, 255).astype(np.uint8)
    assert fingerprint(rough) == fingerprint(plain()) == 0


def test_other_places_and_times_have_other_fingerprints() -> None:
    prints = [fingerprint(scene(place, at).pixels) for place in ("Porch", "Street") for at in (NOON, NIGHT)]
    assert min(distance(one, other) for one in prints for other in prints if one is not other) > 2


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_distance_counts_the_bits_that_differ(one: int, other: int) -> None:
    assert distance(one, other) == distance(other, one) == format(one ^ other, "b").count("1")
