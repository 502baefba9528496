"""What the simulated cameras see: a drawn house by day and by night, with people when asked."""

from datetime import datetime
from io import BytesIO
import random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

_WIDTH, _HEIGHT = 640, 360
_HORIZON = 232
_MORNING, _EVENING = 7, 19

type Colour = tuple[int, int, int]
type Canvas = ImageDraw.ImageDraw


def draw_scene(location: str, at: float, people: int = 0) -> bytes:
    """A JPEG of ``location`` at that moment (unix seconds), the same again for the same arguments."""
    local = datetime.fromtimestamp(at).astimezone()
    day = _MORNING <= local.hour < _EVENING
    choice = random.Random(location)  # noqa: S311 - a place looks the same every time
    image = Image.new("RGB", (_WIDTH, _HEIGHT))
    canvas = ImageDraw.Draw(image)
    _draw_sky(canvas, choice, day=day)
    _draw_house(canvas, choice, day=day)
    _draw_ground(canvas, choice, day=day)
    image = image.filter(ImageFilter.GaussianBlur(0.6))
    canvas = ImageDraw.Draw(image)
    stands = random.Random(f"{location} {at}")  # noqa: S311 - people stand elsewhere every time
    for number in range(people):
        _draw_person(canvas, 170 + number * 110 + stands.randint(-40, 40), day=day)
    _draw_caption(canvas, location, local)
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _shade(colour: Colour, *, day: bool) -> Colour:
    if day:
        return colour
    red, green, blue = colour
    return int(red * 0.28), int(green * 0.30), int(blue * 0.42)


def _draw_sky(canvas: Canvas, choice: random.Random, *, day: bool) -> None:
    top, bottom = ((96, 156, 214), (206, 228, 240)) if day else ((8, 12, 30), (36, 44, 74))
    for row in range(_HORIZON + 1):
        part = row / _HORIZON
        colour = tuple(int(a + (b - a) * part) for a, b in zip(top, bottom, strict=True))
        canvas.line((0, row, _WIDTH, row), fill=colour)
    if day:
        for _ in range(3):
            left, height = choice.randint(0, 560), choice.randint(20, 90)
            for puff in range(4):
                x = left + puff * 22
                canvas.ellipse((x, height, x + 46, height + 22), fill=(240, 246, 250))
    else:
        for _ in range(60):
            spot = choice.randint(0, _WIDTH), choice.randint(0, 130)
            canvas.point(spot, fill=(210, 214, 235))


def _draw_house(canvas: Canvas, choice: random.Random, *, day: bool) -> None:
    left, right = choice.randint(250, 300), choice.randint(540, 590)
    wall = choice.choice([(214, 198, 172), (196, 206, 208), (204, 178, 160)])
    canvas.rectangle((left, 92, right, 236), fill=_shade(wall, day=day))
    middle = (left + right) // 2
    roof = [(left - 22, 94), (middle, 30), (right + 22, 94)]
    canvas.polygon(roof, fill=_shade((124, 66, 54), day=day))
    glass = (150, 186, 206) if day else (250, 214, 130)
    frame = _shade((246, 244, 238), day=day)
    for x in (left + 30, right - 84):
        canvas.rectangle((x - 4, 124, x + 58, 174), fill=frame)
        canvas.rectangle((x, 128, x + 54, 170), fill=glass)
        canvas.line((x + 27, 128, x + 27, 170), fill=frame, width=3)
    canvas.rectangle((middle - 24, 150, middle + 24, 236), fill=_shade((84, 58, 42), day=day))
    canvas.ellipse((middle + 12, 192, middle + 18, 198), fill=(222, 190, 90))


def _draw_ground(canvas: Canvas, choice: random.Random, *, day: bool) -> None:
    canvas.rectangle((0, _HORIZON, _WIDTH, _HEIGHT), fill=_shade((104, 142, 82), day=day))
    path = [(392, 236), (448, 236), (choice.randint(380, 520), _HEIGHT), (170, _HEIGHT)]
    canvas.polygon(path, fill=_shade((176, 170, 160), day=day))
    for x in range(0, 230, 26):
        height = choice.randint(150, 176)
        canvas.polygon(
            [(x, 238), (x, height), (x + 9, height - 9), (x + 18, height), (x + 18, 238)],
            fill=_shade((164, 132, 96), day=day),
        )
    crown = _shade((66, 108, 62), day=day)
    canvas.rectangle((84, 128, 98, 240), fill=_shade((92, 68, 50), day=day))
    for x, y, size in ((42, 70, 74), (80, 52, 80), (64, 96, 70)):
        canvas.ellipse((x, y, x + size, y + size), fill=crown)


def _draw_person(canvas: Canvas, x: int, *, day: bool) -> None:
    coat, skin = _shade((58, 74, 112), day=day), _shade((214, 170, 140), day=day)
    trousers = _shade((52, 50, 54), day=day)
    canvas.ellipse((x - 34, 322, x + 34, 336), fill=_shade((86, 104, 72), day=day))
    canvas.line((x - 9, 270, x - 14, 328), fill=trousers, width=15)
    canvas.line((x + 9, 270, x + 15, 328), fill=trousers, width=15)
    canvas.rounded_rectangle((x - 22, 198, x + 22, 278), radius=16, fill=coat)
    canvas.line((x - 20, 212, x - 32, 262), fill=coat, width=12)
    canvas.line((x + 20, 212, x + 32, 262), fill=coat, width=12)
    canvas.ellipse((x - 14, 166, x + 14, 200), fill=skin)
    canvas.pieslice((x - 15, 162, x + 15, 196), 180, 360, fill=_shade((48, 40, 36), day=day))


def _draw_caption(canvas: Canvas, location: str, local: datetime) -> None:
    font = ImageFont.load_default(16)
    canvas.rectangle((0, 0, _WIDTH, 26), fill=(0, 0, 0))
    canvas.text((10, 4), location, font=font, fill=(255, 255, 255))
    canvas.text((_WIDTH - 10, 4), f"{local:%Y-%m-%d %H:%M:%S}", font=font, fill=(255, 255, 255), anchor="ra")
