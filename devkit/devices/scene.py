"""What the simulated cameras see: a drawn house by day and by night, with people when asked."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
import random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE: Final = (640, 360)
# Everything is drawn in these units, whatever the size of the picture; a taller picture has more sky.
_WIDTH, _HEIGHT = SIZE
_HORIZON = 232
_CAPTION = 26
_MORNING, _EVENING = 7, 19
# People this wide apart are not taken for one, nor for none.
_APART = 128.0
_ROOM = (96.0, 560.0)

type Colour = tuple[int, int, int]
type Point = tuple[float, float]
type Frame = tuple[float, float, float, float]


def draw_scene(location: str, at: float, people: int = 0, *, size: tuple[int, int] = SIZE) -> bytes:
    """A JPEG of ``location`` at that moment (unix seconds), the same again for the same arguments.

    ``size`` is its width and height in pixels.
    """
    local = datetime.fromtimestamp(at).astimezone()
    day = _MORNING <= local.hour < _EVENING
    choice = random.Random(location)  # noqa: S311 - a place looks the same every time
    image = Image.new("RGB", size)
    canvas = _Canvas(image, day=day)
    _draw_sky(canvas, choice)
    _draw_house(canvas, choice)
    _draw_ground(canvas, choice)
    for x in _stands(location, at, people):
        _draw_person(canvas, x)
    image = image.filter(ImageFilter.GaussianBlur(0.6 * canvas.scale))
    _draw_caption(_Canvas(image, day=day), location, local)
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def standing(location: str, at: float, people: int, *, size: tuple[int, int] = SIZE) -> tuple[Frame, ...]:
    """Where the people of that scene stand: left, top, width and height in fractions of the picture."""
    height = _HEIGHT + _sky_above(size)
    top = 152 + _sky_above(size)
    return tuple(((x - 28) / _WIDTH, top / height, 56 / _WIDTH, 180 / height) for x in _stands(location, at, people))


def _stands(location: str, at: float, people: int) -> Sequence[float]:
    stands = random.Random(f"{location} {at}")  # noqa: S311 - people stand elsewhere every time
    first, last = _ROOM
    apart = min(_APART, (last - first) / max(people, 1))
    return [first + apart * (number + 0.5) + stands.uniform(-0.12, 0.12) * apart for number in range(people)]


def _sky_above(size: tuple[int, int]) -> float:
    width, height = size
    return height * _WIDTH / width - _HEIGHT


class _Canvas:
    """Draws in units of 640 to the width, counted from where a picture of 640x360 would begin."""

    def __init__(self, image: Image.Image, *, day: bool) -> None:
        self._draw = ImageDraw.Draw(image)
        self.scale = image.width / _WIDTH
        self.top = -_sky_above(image.size)
        self.day = day

    def shade(self, colour: Colour) -> Colour:
        """The colour at this time of day."""
        if self.day:
            return colour
        red, green, blue = colour
        return int(red * 0.28), int(green * 0.30), int(blue * 0.42)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self._draw.polygon([self._place(point) for point in points], fill=fill)

    def rectangle(self, box: Frame, fill: Colour, radius: float = 0.0) -> None:
        self._draw.rounded_rectangle(self._box(box), radius=radius * self.scale, fill=fill)

    def ellipse(self, box: Frame, fill: Colour) -> None:
        self._draw.ellipse(self._box(box), fill=fill)

    def cap(self, box: Frame, fill: Colour) -> None:
        """Draw the upper half of an ellipse."""
        self._draw.pieslice(self._box(box), 180, 360, fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, width: float = 1.0) -> None:
        """Draw with round ends and corners."""
        places = [self._place(point) for point in points]
        self._draw.line(places, fill=fill, width=max(1, round(width * self.scale)), joint="curve")
        half = width / 2
        for x, y in points:
            self.ellipse((x - half, y - half, x + half, y + half), fill)

    def text(self, point: Point, text: str, *, anchor: str) -> None:
        font = ImageFont.load_default(16 * self.scale)
        self._draw.text(self._place(point), text, font=font, fill=(255, 255, 255), anchor=anchor)

    def _place(self, point: Point) -> Point:
        return point[0] * self.scale, (point[1] - self.top) * self.scale

    def _box(self, box: Frame) -> Frame:
        return (*self._place(box[:2]), *self._place(box[2:]))


def _draw_sky(canvas: _Canvas, choice: random.Random) -> None:
    top, bottom = ((96, 156, 214), (206, 228, 240)) if canvas.day else ((8, 12, 30), (36, 44, 74))
    steps = int((_HORIZON - canvas.top) * canvas.scale) + 1
    for step in range(steps):
        red, green, blue = (int(a + (b - a) * step / steps) for a, b in zip(top, bottom, strict=True))
        y = canvas.top + step / canvas.scale
        canvas.rectangle((0, y, _WIDTH, y + 2 / canvas.scale), (red, green, blue))
    if canvas.day:
        for _ in range(3):
            left, height = choice.randint(0, 560), choice.randint(30, 90)
            for puff in range(4):
                x = left + puff * 22
                canvas.ellipse((x, height, x + 46, height + 22), (240, 246, 250))
    else:
        for _ in range(60):
            x, y = choice.randint(0, _WIDTH), choice.randint(0, 130)
            canvas.rectangle((x, y, x + 1.2, y + 1.2), (210, 214, 235))


def _draw_house(canvas: _Canvas, choice: random.Random) -> None:
    left, right = choice.randint(250, 300), choice.randint(540, 590)
    wall = choice.choice([(214, 198, 172), (196, 206, 208), (204, 178, 160)])
    canvas.rectangle((left, 92, right, 236), canvas.shade(wall))
    middle = (left + right) // 2
    canvas.polygon([(left - 22, 94), (middle, 30), (right + 22, 94)], canvas.shade((124, 66, 54)))
    glass = (150, 186, 206) if canvas.day else (250, 214, 130)
    frame = canvas.shade((246, 244, 238))
    for x in (left + 30, right - 84):
        canvas.rectangle((x - 4, 124, x + 58, 174), frame)
        canvas.rectangle((x, 128, x + 54, 170), glass)
        canvas.rectangle((x + 25, 128, x + 28, 170), frame)
    # A wide gate and a broad bush: a narrow door and a slim tree are taken for people by a detector of shapes.
    canvas.rectangle((middle - 52, 186, middle + 52, 236), canvas.shade((132, 112, 96)))
    for y in range(194, 236, 10):
        canvas.rectangle((middle - 52, y, middle + 52, y + 2), canvas.shade((104, 86, 74)))


def _draw_ground(canvas: _Canvas, choice: random.Random) -> None:
    canvas.rectangle((0, _HORIZON, _WIDTH, _HEIGHT), canvas.shade((104, 142, 82)))
    path = [(392.0, 236.0), (448.0, 236.0), (choice.randint(380, 520), _HEIGHT), (170.0, _HEIGHT)]
    canvas.polygon(path, canvas.shade((176, 170, 160)))
    for x, y, width, height in ((-40, 150, 150, 96), (50, 172, 130, 74), (120, 196, 100, 46)):
        canvas.ellipse((x, y, x + width, y + height), canvas.shade((66, 108, 62)))
    for y in (206, 222):
        canvas.rectangle((0, y, 230, y + 6), canvas.shade((164, 132, 96)))
    for x in range(8, 230, 52):
        canvas.rectangle((x, 200, x + 8, 240), canvas.shade((164, 132, 96)))


def _draw_person(canvas: _Canvas, x: float) -> None:
    # By night a lamp shines on them, or nobody would see them.
    coat, trousers = ((44, 52, 84), (34, 34, 42)) if canvas.day else ((150, 148, 156), (126, 124, 134))
    skin, hair = ((206, 162, 132), (48, 40, 36)) if canvas.day else ((176, 150, 136), (98, 92, 92))
    canvas.ellipse((x - 30, 323, x + 30, 333), canvas.shade((92, 118, 76)))
    for side in (-1, 1):
        canvas.line([(x + side * 9, 250), (x + side * 11, 290), (x + side * 12, 322)], trousers, 16)
        canvas.line([(x + side * 13, 326), (x + side * 18, 328)], trousers, 8)
        canvas.line([(x + side * 19, 196), (x + side * 25, 226), (x + side * 23, 254)], coat, 12)
    canvas.rectangle((x - 22, 186, x + 22, 262), coat, radius=12)
    canvas.rectangle((x - 6, 176, x + 6, 192), skin)
    canvas.ellipse((x - 13, 154, x + 13, 186), skin)
    canvas.cap((x - 14, 152, x + 14, 184), hair)


def _draw_caption(canvas: _Canvas, location: str, local: datetime) -> None:
    canvas.rectangle((0, canvas.top, _WIDTH, canvas.top + _CAPTION), (0, 0, 0))
    canvas.text((10, canvas.top + 13), location, anchor="lm")
    canvas.text((_WIDTH - 10, canvas.top + 13), f"{local:%Y-%m-%d %H:%M:%S}", anchor="rm")
