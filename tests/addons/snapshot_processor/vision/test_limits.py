"""What a picture may cost: so much work, so much memory, one at a time."""

from concurrent.futures import ThreadPoolExecutor
import contextlib
import errno
from functools import cache
from io import BytesIO
import os
import struct
import subprocess
import sys
import threading
from typing import Any
import zlib

from PIL import Image
import pytest

from snapshot_processor.images import BrokenImageError, read_picture
from snapshot_processor.marks import MOST_PARTS, PNG_HEAD, walk_jpeg, walk_png

from .kit import NOON, scene

WHOLE = scene("Porch", NOON, 1).content


@cache
def progressive(width: int, height: int) -> bytes:
    """Return a grey JPEG of six scans."""
    out = BytesIO()
    Image.new("L", (width, height), 128).save(out, "JPEG", progressive=True)
    return out.getvalue()


def with_more_scans(content: bytes, more: int) -> bytes:
    """Return the same JPEG with its last scan repeated so often, each for a few bytes."""
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * more + b"\xff\xd9"


@pytest.mark.parametrize(
    ("size", "more", "whole"),
    [((64, 48), 94, True), ((64, 48), 95, False), ((6_000, 4_000), 19, True), ((6_000, 4_000), 20, False)],
)
def test_so_many_scans_and_so_much_work_are_gone_through_and_no_more(
    size: tuple[int, int], more: int, whole: bool
) -> None:
    content = with_more_scans(progressive(*size), more)
    assert content.count(b"\xff\xda") == 6 + more
    if whole:
        assert read_picture(content).width == size[0]
    else:
        with pytest.raises(BrokenImageError, match=rf"JPEG of {6 + more} scans .* takes too long"):
            read_picture(content)


@pytest.mark.parametrize(
    "filling",
    [
        pytest.param(b"\xff" * 2**25, id="fillers"),
        pytest.param(b"\xff\xd0" * 2**24, id="marks"),
        pytest.param(b"\xff\xe0\x00\x02" * 2**23, id="segments"),
        pytest.param(b"\xff\xda\x00\x02" + b"\xff" * 2**25, id="fillers in a scan"),
        pytest.param(b"\xff\xda\x00\x02" + (b"\xff" * 1_000 + b"\x00") * 2**15, id="runs in a scan"),
        pytest.param(b"\xff\xda\x00\x02" * 2**23, id="scans"),
    ],
)
def test_thirty_two_megabytes_of_nonsense_are_refused(filling: bytes) -> None:
    # Who looked at anything twice would not come to an end.
    with pytest.raises(BrokenImageError, match="cut off"):
        read_picture(b"\xff\xd8\xff\xe0\x00\x02" + filling)


@pytest.mark.parametrize(
    "part", [b"\xff\xd0", b"\xff\xe0\x00\x02", b"\xff\xda\x00\x02"], ids=["marks", "segments", "scans"]
)
def test_nobody_goes_through_all_parts_of_a_jpeg_of_far_too_many(part: bytes) -> None:
    few, many = (b"\xff\xd8" + part * count + b"\xff\xd9" for count in (MOST_PARTS - 1, MOST_PARTS))
    assert (walk_jpeg(few).ended, walk_jpeg(many).ended) == (True, False)


def test_nobody_goes_through_all_chunks_of_a_png_of_far_too_many() -> None:
    text, end = (b"\0\0\0\0" + kind + struct.pack(">I", zlib.crc32(kind)) for kind in (b"tEXt", b"IEND"))
    few, many = (PNG_HEAD + text * count + end for count in (MOST_PARTS - 1, MOST_PARTS))
    assert (walk_png(few).ended, walk_png(many).ended) == (True, False)


SHORT_OF_MEMORY = """
import resource, sys
from snapshot_processor.images import BrokenImageError, outgoing, read_picture
content = sys.stdin.buffer.read()
pages = int(open("/proc/self/statm").read().split()[0])
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
for megabytes in map(int, sys.argv[1:]):
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + megabytes * 2**20, hard))
    try:
        print("read", read_picture(content).width)
    except OSError as error:
        print("again later", error.errno)
    except BrokenImageError as error:
        print("broken", error)
    print("told", len(outgoing(content)) > 0)
"""


@pytest.mark.parametrize("options", [{"format": "JPEG", "progressive": True}, {"format": "PNG"}], ids=["JPEG", "PNG"])
def test_too_little_memory_is_no_fault_of_the_picture(options: dict[str, Any]) -> None:
    out = BytesIO()
    Image.new("RGB", (4_000, 3_000), (90, 120, 40)).save(out, **options)
    limits = ("4", "20", "50", "70", "100", "130", "1000")
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, *limits],
        input=out.getvalue(),
        capture_output=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = done.stdout.decode().splitlines()
    assert said[0] == f"again later {errno.ENOMEM}"
    assert said[-2] == "read 4000"
    assert set(said[::2]) == {said[0], said[-2]}
    assert set(said[1::2]) == {"told True"}


def test_one_picture_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, met = threading.Barrier(2), threading.Event()
    real = Image.Image.getexif

    def wait_for_another(image: Image.Image) -> Image.Exif:
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(0.1)
            met.set()
        return real(image)

    monkeypatch.setattr(Image.Image, "getexif", wait_for_another)
    with ThreadPoolExecutor(2) as pool:
        assert [one.width for one in pool.map(read_picture, [WHOLE, WHOLE])] == [640, 640]
    assert not met.is_set()
