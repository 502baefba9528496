"""The pictures themselves, and small copies of them."""

from http.client import IncompleteRead
from io import BytesIO
import os

from PIL import Image, ImageOps
import pytest

from .kit import Home, picture


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/api/images/1", "clean.jpg", "image/jpeg"),
        ("/api/images/2/marked", "marked.jpg", "image/jpeg"),
        ("/api/images/4", "picture.png", "image/png"),
    ],
)
def test_a_picture_is_sent_as_it_is_kept(home: Home, path: str, name: str, kind: str) -> None:
    reply = home.get(path)
    content = (home.catalogue.folder / name).read_bytes()
    assert (reply.status, reply.content) == (200, content)
    assert reply.headers["Content-Type"] == kind
    assert reply.headers["Content-Length"] == str(len(content))
    assert reply.headers["Cache-Control"] == "private, max-age=86400"


def test_a_large_picture_comes_whole(home: Home) -> None:
    content = os.urandom(3_000_001)
    home.catalogue.files[5, False] = home.catalogue.write("large.jpg", content)
    assert home.get("/api/images/5").content == content


@pytest.mark.parametrize("path", ["/api/images/2", "/api/images/2/marked", "/api/images/2/thumbnail"])
def test_a_picture_that_is_known_already_is_not_sent_again(home: Home, path: str) -> None:
    tag = home.get(path).headers["ETag"]
    for said in (tag, f'W/"x", {tag}', f"W/{tag}"):
        reply = home.get(path, headers={"If-None-Match": said})
        assert (reply.status, reply.content, reply.headers["ETag"]) == (304, b"", tag)
    assert home.get(path, headers={"If-None-Match": '"another"'}).status == 200


def test_every_kind_of_a_picture_has_its_own_tag(home: Home) -> None:
    kinds = ("", "/marked", "/thumbnail")
    tags = [home.get(f"/api/images/2{kind}").headers["ETag"] for kind in kinds]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"2-') and tag.endswith('"') for tag in tags)


def test_another_picture_of_the_same_id_has_another_tag(home: Home) -> None:
    before = home.get("/api/images/1").headers["ETag"]
    home.catalogue.write("clean.jpg", picture("yellow", (320, 200)))
    reply = home.get("/api/images/1", headers={"If-None-Match": before})
    assert reply.status == 200
    assert reply.headers["ETag"] != before


@pytest.mark.parametrize(
    "path",
    ["/api/images/99", "/api/images/1/marked", "/api/images/99/thumbnail", "/api/images/3", "/api/images/3/thumbnail"],
)
def test_a_picture_that_is_not_there_or_was_removed_meanwhile_is_told(home: Home, path: str) -> None:
    reply = home.get(path)
    assert (reply.status, reply.said) == (404, {"error": "This picture is not there any more"})


@pytest.mark.parametrize(
    ("size", "small"),
    [((640, 360), (320, 180)), ((360, 640), (180, 320)), ((100, 80), (100, 80)), ((4000, 3), (320, 1))],
)
def test_a_thumbnail_is_a_jpeg_of_320_pixels_at_most(home: Home, size: tuple[int, int], small: tuple[int, int]) -> None:
    home.catalogue.files[5, False] = home.catalogue.write("five.jpg", picture("red", size))
    reply = home.get("/api/images/5/thumbnail")
    with Image.open(BytesIO(reply.content)) as image:
        assert (image.format, image.size) == ("JPEG", small)
    assert reply.headers["Content-Type"] == "image/jpeg"


def test_a_thumbnail_of_a_camera_that_hangs_on_its_side_stands_upright(home: Home) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    home.catalogue.files[5, False] = home.catalogue.write("five.jpg", picture("red", (640, 360), exif=exif))
    with Image.open(BytesIO(home.get("/api/images/5/thumbnail").content)) as image:
        assert image.size == (180, 320)


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:2000], b"GIF89a" + bytes(100)])
def test_a_thumbnail_of_what_is_no_picture_is_told(home: Home, content: bytes) -> None:
    home.catalogue.files[5, False] = home.catalogue.write("five.jpg", content)
    reply = home.get("/api/images/5/thumbnail")
    assert (reply.status, reply.said) == (404, {"error": "This picture is damaged"})


def test_a_thumbnail_is_made_once(home: Home) -> None:
    first = home.get("/api/images/1/thumbnail").content
    path = home.catalogue.folder / "clean.jpg"
    times, size = (path.stat().st_atime_ns, path.stat().st_mtime_ns), path.stat().st_size
    # Same time, same size: only who opens it again notices.
    path.write_bytes(bytes(size))
    os.utime(path, ns=times)
    assert home.get("/api/images/1/thumbnail").content == first


def test_a_thumbnail_is_made_of_a_fraction_of_the_picture(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[tuple[int, int]] = []
    turn = ImageOps.exif_transpose

    def seen(image: Image.Image) -> Image.Image:
        decoded.append(image.size)
        return turn(image)

    monkeypatch.setattr(ImageOps, "exif_transpose", seen)
    home.catalogue.files[5, False] = home.catalogue.write("five.jpg", picture("red", (1920, 1080)))
    assert home.get("/api/images/5/thumbnail").status == 200
    assert decoded == [(960, 540)]


def test_a_file_that_becomes_shorter_while_it_is_sent_is_never_taken_for_whole(home: Home) -> None:
    size = 40_000_000
    path = home.catalogue.write("shrinks.jpg", b"")
    os.truncate(path, size)
    home.catalogue.files[5, False] = path
    connection = home.connect()
    connection.request("GET", "/api/images/5", headers=home.headers)
    response = connection.getresponse()
    assert response.headers["Content-Length"] == str(size)
    response.read(1000)
    os.truncate(path, 2000)
    with pytest.raises((IncompleteRead, ConnectionError)):
        response.read()
    connection.close()
