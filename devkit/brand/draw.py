"""`python -m devkit.brand.draw`: make the pictures of the integration and of the apps from the drawings beside this.

Chromium does it, so that what is drawn is what browsers show.
"""

from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
from typing import Final

from PIL import Image

from devkit.bootstrap.shell import ROOT

DRAWING: Final = Path(__file__).with_name("icon.svg")
FOLDER: Final = ROOT / "custom_components/event_hub/brand"
ICON: Final = 256
LOGO: Final = (900, 160)
COLOURS: Final = 256
INK: Final = {"": "#14213d", "dark_": "#ffffff"}

ICON_PAGE: Final = "<style>*{{margin:0}}svg{{display:block;width:100vw}}</style>{drawing}"
LOGO_PAGE: Final = """<style>
* {{ margin: 0 }}
body {{ display: flex; align-items: center; gap: 22px; height: 100vh; color: {ink};
  font: 700 86px Inter, "DejaVu Sans", sans-serif; letter-spacing: -2px; white-space: nowrap }}
svg {{ height: 100vh; flex: none }}
</style>{drawing}<span>Event Hub</span>"""


APP_ICON: Final = 128
APP_LOGO: Final = (250, 100)
FINER: Final = 4
"""So many times larger an app's pictures are drawn than they become: Chromium's windows cannot be as small."""

APP_NAMES: Final = {"remote_monitor": "remote<br>monitor", "snapshot_processor": "snapshot<br>processor"}
"""What the logo of each app says below the product's name; the drawing beside this has the app's name."""

APP_LOGO_PAGE: Final = """<style>
* {{ margin: 0 }}
body {{ display: flex; align-items: center; gap: 48px; height: 100vh; color: #2d63ec;
  font: 700 92px/104px Inter, "DejaVu Sans", sans-serif; letter-spacing: -3px; white-space: nowrap }}
svg {{ height: 360px; flex: none }}
</style>{drawing}<span>Event Hub<br>{words}</span>"""


def photograph(page: str, size: tuple[int, int], scale: int, target: Path) -> None:
    """Write a picture of ``page``, ``size`` in CSS pixels, with what is not drawn left transparent.

    Raises ``SystemExit`` where there is no Chromium.
    """
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder, "page.html")
        html.write_text(f"<!doctype html><meta charset=utf-8>{page}", encoding="utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--default-background-color=00000000",
            f"--force-device-scale-factor={scale}",
            f"--window-size={size[0]},{size[1]}",
            f"--user-data-dir={folder}/profile",
            f"--screenshot={target}",
        ]
        chromium = shutil.which("chromium")
        if chromium is None:
            raise SystemExit("chromium is not installed: `scripts/setup` does that")
        subprocess.run([chromium, *options, html.as_uri()], check=True, capture_output=True)
    with Image.open(target) as picture:
        _, _, end, _ = picture.getbbox() or (0, 0, *picture.size)
        # A logo is as wide as its words turn out to be.
        cut = picture.crop((0, 0, end, picture.height)) if size == LOGO else picture
        cut.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(target, optimize=True)


def draw_app(slug: str, words: str) -> None:
    """Draw the icon and the logo that Home Assistant shows of an app."""
    drawing = Path(__file__).with_name(f"{slug}.svg").read_text(encoding="utf-8")
    folder = ROOT / "addons" / slug
    pages = (
        (ICON_PAGE.format(drawing=drawing), (APP_ICON, APP_ICON), folder / "icon.png"),
        (APP_LOGO_PAGE.format(drawing=drawing, words=words), APP_LOGO, folder / "logo.png"),
    )
    for page, (width, height), target in pages:
        photograph(page, (width * FINER, height * FINER), 1, target)
        with Image.open(target) as picture:
            small = picture.convert("RGBA").resize((width, height), Image.Resampling.LANCZOS)
        small.save(target, optimize=True)


def draw_integration() -> None:
    """Draw the pictures of the integration's brand folder."""
    drawing = DRAWING.read_text(encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    for scale, suffix in ((1, ""), (2, "@2x")):
        photograph(ICON_PAGE.format(drawing=drawing), (ICON, ICON), scale, FOLDER / f"icon{suffix}.png")
        for prefix, ink in INK.items():
            page = LOGO_PAGE.format(drawing=drawing, ink=ink)
            photograph(page, LOGO, scale, FOLDER / f"{prefix}logo{suffix}.png")


def main() -> int:
    """Draw every picture, or those of the apps that are named, and return the exit code."""
    named = sys.argv[1:]
    if not named:
        draw_integration()
    for slug in named or APP_NAMES:
        draw_app(slug, APP_NAMES[slug])
    return 0


if __name__ == "__main__":
    sys.exit(main())
