"""People at their browsers: they log in, read, fill forms in, draw their signatures, and see what was refused."""

from __future__ import annotations

import base64
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from tests.site import free_port

PASSWORD: Final = "Beiguan-demo-2021"
PICTURES: Final = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
DESKTOP: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
# Draws a name on a canvas of the page, as a finger does, and gives it as a PNG.
SIGN: Final = """() => {
  const paper = Object.assign(document.createElement("canvas"), {width: 240, height: 96});
  const pen = paper.getContext("2d");
  pen.fillStyle = "white"; pen.fillRect(0, 0, 240, 96);
  pen.lineWidth = 4; pen.beginPath(); pen.moveTo(14, 70);
  for (const [x, y] of [[40, 20], [66, 78], [96, 30], [128, 66], [170, 40], [222, 58]]) pen.lineTo(x, y);
  pen.stroke();
  return paper.toDataURL("image/png").split(",")[1];
}"""


def environment(data: Path) -> dict[str, str]:
    """The variables of another process that works on a data directory of its own, on SQLite."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "DJANGO_"))}
    return own | {"TAIZHANG_DATA": str(data), "LC_ALL": "C.UTF-8"}


@contextmanager
def serving(data: Path, **more: str) -> Iterator[str]:
    """`taizhang serve` over a data directory until the end of the block; gives its address."""
    command = [sys.executable, "-c", "from taizhang.cli import main; main()", "serve", "--port", f"{free_port()}"]
    with subprocess.Popen(command, env=environment(data) | more, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            told = server.stdout.readline()
            assert told.startswith("ready "), f"the site did not come up: {told!r}, exit code {server.poll()}"
            yield told.removeprefix("ready ").strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


def photo() -> bytes:
    """A picture as a phone sends it."""
    picture = Image.new("RGB", (640, 480), (203, 190, 170))
    ImageDraw.Draw(picture).rectangle((120, 160, 520, 420), fill=(150, 120, 100))
    kept = io.BytesIO()
    picture.save(kept, "JPEG")
    return kept.getvalue()


class Visitor:
    """One person with a browser of their own; notes everything that the browser complains about."""

    def __init__(self, chromium: Any, address: str, *, javascript: bool = True, size: Mapping[str, int] | None = None):
        self.address = address
        self.faults: list[str] = []
        self.scripts = javascript
        self.context = chromium.new_context(
            java_script_enabled=javascript, viewport=dict(size or DESKTOP), locale="zh-CN", device_scale_factor=1
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _console(self, message: Any) -> None:
        # a refused form answers 422 and a hidden page 404, which the console notes as a failed load: meant here
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"{self.page.url}: {message.text}")

    def close(self) -> None:
        """Close the browser."""
        self.context.close()

    def log_in(self, username: str, password: str = PASSWORD) -> None:
        """Log in, in the demo with its password."""
        self.go("/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(self.address + "/")

    @property
    def name(self) -> str:
        """One's own name, as the head of every page says it."""
        words = str(self.page.locator(".bar-post-words").first.inner_text())
        return words.strip().splitlines()[0].strip()

    def go(self, path: str) -> Any:
        """Open an address of the site; the answer."""
        return self.page.goto(path if path.startswith("http") else self.address + path)

    def reads(self, path: str = "") -> str:
        """Everything that stands on a page (on the present one without a path)."""
        if path:
            self.go(path)
        return str(self.page.inner_text("body"))

    def owes(self) -> dict[str, str]:
        """What the home page lists: title to light."""
        self.go("/")
        rows = self.page.locator("#owed li").all()
        return {row.locator("h3").inner_text().strip(): row.locator(".owed-light").inner_text().strip() for row in rows}

    def light(self, case: str) -> str:
        """The light in the head of a case's page."""
        self.go(case)
        return str(self.page.locator(".page-head .light").first.inner_text()).strip()

    def stage(self, case: str) -> str:
        """Where a case stands, as its page says."""
        self.go(case)
        return str(self.page.inner_text("#next")).strip()

    def fill(self, values: Mapping[str, str], papers: Mapping[str, Sequence[bytes]] | None = None) -> None:
        """Fill a form in as a person does: choose, tick, type, attach."""
        for name, value in values.items():
            field = self.page.locator(f"main :is(input, select, textarea)[name='{name}']").first
            kind = field.get_attribute("type")
            if kind in ("radio", "checkbox"):
                of_value = self.page.locator(f"main [name='{name}'][value='{value}']")
                named = self.page.locator(f"main label:has([name='{name}'])").filter(has_text=value).first
                (of_value if of_value.count() else named).check()
            elif field.evaluate("field => field.tagName") == "SELECT":
                chosen = field.locator("option").filter(has_text=value)
                field.select_option(chosen.first.get_attribute("value"))
            else:
                field.fill(value)
        for kind, files in (papers or {}).items():
            sent = [
                {"name": f"{kind}-{at}.png", "mimeType": "image/png", "buffer": file} for at, file in enumerate(files)
            ]
            self.page.set_input_files(f"main [name='paper-{kind}']", sent)

    def signature(self) -> bytes:
        """One's name, drawn on a canvas in the browser."""
        return base64.b64decode(self.page.evaluate(SIGN))

    def send(self) -> str:
        """Send the form; what the page then says."""
        if not self.scripts:
            with self.page.expect_navigation():
                self.page.click("#act button[type=submit]")
        else:  # files are sent by a script, whose answer takes the place of the page
            self.page.evaluate("document.documentElement.dataset.before = '1'")
            self.page.click("#act button[type=submit]")
            self.page.wait_for_selector("html:not([data-before]) main", state="attached")
            self.page.wait_for_load_state()
        return str(self.page.inner_text("body"))

    def act(
        self,
        case: str,
        act: str,
        values: Mapping[str, str] | None = None,
        papers: Mapping[str, Sequence[bytes]] | None = None,
    ) -> str:
        """Do an act from the case's page, as far as its button leads there; what the page then says."""
        self.go(case)
        self.page.locator(f"main a[href$='/{act}/']").first.evaluate("link => link.click()")
        self.page.wait_for_url(f"**/{act}/")
        self.fill(values or {}, papers)
        return self.send()

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Keep a screenshot for the documents, where SCREENSHOTS is set; taken in any case, so that taking works."""
        kept = self.page.screenshot(full_page=whole, animations="disabled")
        if os.environ.get("SCREENSHOTS"):
            PICTURES.mkdir(exist_ok=True)
            (PICTURES / f"{name}.png").write_bytes(kept)
