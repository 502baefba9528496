"""`python -m devkit.brand.draw`: make the pictures of the integration's brand folder from the drawing beside this.

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


def main() -> int:
    """Draw every picture and return the exit code."""
    drawing = DRAWING.read_text(encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    for scale, suffix in ((1, ""), (2, "@2x")):
        photograph(ICON_PAGE.format(drawing=drawing), (ICON, ICON), scale, FOLDER / f"icon{suffix}.png")
        for prefix, ink in INK.items():
            page = LOGO_PAGE.format(drawing=drawing, ink=ink)
            photograph(page, LOGO, scale, FOLDER / f"{prefix}logo{suffix}.png")
    for picture in sorted(FOLDER.iterdir()):
        print(picture.relative_to(ROOT), picture.stat().st_size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
