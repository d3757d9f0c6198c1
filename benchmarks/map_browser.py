"""What a reader of a map page feels, measured in Chromium: picture, memory, frames, click, restyle.

Everything is driven as a hand would (mouse, keys) and timed inside the page; each measure is a
browser of its own, so that nothing is warm.
"""

import contextlib
import http.server
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil
from playwright.sync_api import Error, Page, sync_playwright

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync"),
)
NO_GPU: Final = ("--disable-gpu",)
SOFTWARE_GL: Final = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
DEVICES: Final[dict[str, dict[str, Any]]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
}
SLOWED: Final = {"desktop": 1, "phone": 4}
PATIENCE_S: Final = 120
CALM_S: Final = 1.0
"""How long a page is left alone before the next measure."""


@dataclass(frozen=True)
class Contestant:
    """A page to measure, and how to see what it does; the expressions are JavaScript.

    - ``ready``: true once parcels are painted, or will be with the next frame;
    - ``card``: true while the card of a parcel is on the screen;
    - ``restyle``: a promise that is kept when every parcel has another colour;
    - ``field``: a selector of the map.
    """

    name: str
    page: Path
    ready: str
    card: str
    restyle: str
    field: str
    webgl: bool = False


class Measures(NamedTuple):
    """Times in s and ms, memory in MiB, frames in 1/s; None where it never came."""

    picture_s: float | None
    memory_mib: float | None = None
    requested_mb: float | None = None
    frames: float | None = None
    longest_ms: float | None = None
    frames_close: float | None = None
    longest_close_ms: float | None = None
    card_ms: float | None = None
    restyle_ms: float | None = None


PROBE: Final = """
(() => {
  const bench = { pictured: null, frames: null, shown: null, pressed: null };
  window.landbench = bench;
  const look = () => {
    let ready = false;
    try { ready = Boolean(READY); } catch { ready = false; }
    if (ready) requestAnimationFrame(() => { bench.pictured = performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  bench.count = () => {
    bench.frames = [performance.now()];
    const beat = (now) => {
      if (bench.frames === null) return;
      bench.frames.push(now);
      requestAnimationFrame(beat);
    };
    requestAnimationFrame(beat);
  };
  bench.counted = () => {
    const times = bench.frames;
    bench.frames = null;
    times.push(performance.now());
    let longest = 0;
    times.slice(1).forEach((at, n) => { longest = Math.max(longest, at - times[n]); });
    return [(times.length - 2) / ((times.at(-1) - times[0]) / 1000), longest];
  };
  bench.watch = () => {
    bench.shown = bench.pressed = null;
    addEventListener("pointerup", (event) => { bench.pressed = event.timeStamp; },
      { capture: true, once: true });
    const look = () => {
      if (bench.pressed !== null && (CARD)) {
        requestAnimationFrame(() => { bench.shown = performance.now() - bench.pressed; });
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  bench.restyle = async () => {
    const begun = performance.now();
    await (RESTYLE);
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - begun;
  };
})();
"""


def measure(
    contestant: Contestant, address: str, device: str, *, keys: int, pan_s: float
) -> Measures:
    """Open a page and do with it what a reader does; ``keys`` presses of + show single parcels."""
    with _opened(contestant, device) as (page, memory):
        requested: list[int] = []
        page.on("requestfinished", lambda request: requested.append(_size(request)))
        picture_s = _picture(page, address)
        if picture_s is None:
            return Measures(None)
        time.sleep(CALM_S)
        memory_mib, requested_mb = memory(), sum(requested) / 1e6
        field = page.locator(contestant.field).bounding_box()
        assert field is not None, "the map is on the screen"
        middle = field["x"] + field["width"] / 2, field["y"] + field["height"] / 2
        whole = _panned(page, middle, pan_s)
        for _ in range(keys):
            page.keyboard.press("+")
            time.sleep(0.6)
        time.sleep(CALM_S)
        close = _panned(page, middle, pan_s)
        card_ms = _clicked(page, middle)
        restyle_ms = page.evaluate("landbench.restyle()")
    return Measures(
        picture_s, memory_mib, requested_mb or None, *whole, *close, card_ms, restyle_ms
    )


def first_picture(contestant: Contestant, address: str, device: str) -> float | None:
    """Only the time from the start of the navigation until parcels are painted."""
    with _opened(contestant, device) as (page, _):
        return _picture(page, address)


def blank_mib() -> float:
    """What an empty page takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *NO_GPU])
        browser.new_page().goto("about:blank")
        time.sleep(CALM_S)
        memory_mib = _memory_mib(browser.new_browser_cdp_session())
        browser.close()
    return memory_mib


def browser_version() -> str:
    """The name of the browser and its version."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        told = f"Chromium {browser.version}"
        browser.close()
    return told


@contextlib.contextmanager
def _opened(contestant: Contestant, device: str) -> Iterator[tuple[Page, Any]]:
    probe = PROBE
    for word in ("READY", "CARD", "RESTYLE"):
        probe = probe.replace(f"({word})", f"({getattr(contestant, word.lower())})")
    flags = [*FLAGS, *(SOFTWARE_GL if contestant.webgl else NO_GPU)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        session = browser.new_browser_cdp_session()
        page = browser.new_context(**DEVICES[device]).new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        slow = page.context.new_cdp_session(page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED[device]})
        page.add_init_script(probe)
        yield page, partial(_memory_mib, session)
        browser.close()


def _picture(page: Page, address: str) -> float | None:
    try:
        page.goto(address, wait_until="commit")
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            pictured = page.evaluate("window.landbench?.pictured ?? null")
            if pictured is not None:
                return float(pictured) / 1000
            time.sleep(0.02)
    except Error as error:
        if "Timeout" not in str(error) and "crash" not in str(error).lower():
            raise
    return None


def _panned(page: Page, middle: tuple[float, float], pan_s: float) -> tuple[float, float]:
    """Frames a second, and the longest frame in ms, while the map is dragged to and fro."""
    x, y = middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y + 8)
    page.evaluate("landbench.count()")
    begun = time.monotonic()
    while (gone := time.monotonic() - begun) < pan_s:
        sway = 150 * (1 - abs(gone % 1 * 2 - 1))
        page.mouse.move(x + 8 + sway, y + 8 + sway * 0.6)
    frames, longest = page.evaluate("landbench.counted()")
    time.sleep(0.2)  # a hand that rests before it lets go, so that the map does not glide on
    page.mouse.up()
    time.sleep(CALM_S)
    return frames, longest


def _clicked(page: Page, middle: tuple[float, float]) -> float | None:
    """Milliseconds from the release of the button until a card stands; tries around the middle."""
    for dx, dy in ((0, 0), (25, 0), (0, 25), (-25, 0), (0, -25), (40, 40), (-40, 40)):
        page.evaluate("landbench.watch()")
        page.mouse.click(middle[0] + dx, middle[1] + dy)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            shown = page.evaluate("landbench.shown")
            if shown is not None:
                return float(shown)
            time.sleep(0.05)
    return None


def _size(request: Any) -> int:
    try:
        return int(request.sizes()["responseBodySize"])
    except Error:
        return 0


def _memory_mib(session: Any) -> float:
    """Memory that only the renderer and the GPU process hold (USS), of the page's browser."""
    kinds = ("renderer", "GPU")
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    processes = [psutil.Process(one["id"]) for one in told if one["type"] in kinds]
    return float(sum(process.memory_full_info().uss for process in processes) / 2**20)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on loopback, with the range requests that PMTiles needs."""
    handler = partial(_Ranges, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Ranges(http.server.SimpleHTTPRequestHandler):
    """The standard library's server, and ``Range: bytes=a-b``."""

    protocol_version = "HTTP/1.1"
    extensions_map: Final = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
    }

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            super().do_GET()
            return
        path = Path(self.translate_path(self.path))
        size = path.stat().st_size
        first = int(asked[1])
        last = min(int(asked[2] or size - 1), size - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        with path.open("rb") as file:
            self.wfile.write(os.pread(file.fileno(), last - first + 1, first))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's word)
        """Keep quiet."""
