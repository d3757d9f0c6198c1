"""A preview of a published folder on this machine, for nobody else and of nothing else.

It answers on the loopback addresses only, and only to requests that name one of them: a site on
the network that points its own name at this machine gets no answer.
"""

import gzip
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from geo.errors import PublishError
from geo.findings import finding
from geo.publish import RECORD
from geo.webmap.seal import CHARSET

PAGE: Final = "index.html"
PORT: Final = 8000
PORTS_TRIED: Final = 20
KEY_NAME: Final = "landready-tianditu-key"
"""The meta element through which the page gets the key that the environment holds."""

TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".gpkg": "application/geopackage+sqlite3",
    ".parquet": "application/vnd.apache.parquet",
}
"""What a published folder holds; a file of any other kind is not served."""

_SQUEEZED: Final = {".html", ".js", ".json", ".csv"}
_POLICY: Final = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_LOOPBACK: Final = ("127.0.0.1", "::1")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would take a port that another listens on

    def __init__(self, host: str, port: int, folder: Path, key: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.folder = folder
        self.key = key
        super().__init__((host, port), _Handler)

    @property
    def names(self) -> set[str]:
        """The hosts by which a browser on this machine calls it."""
        port = self.server_address[1]
        return {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "landready"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Answer with a file of the folder."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the file itself."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its base's name)
        """Say nothing: the terminal shows the address and how to end."""

    def _answer(self, *, with_body: bool) -> None:
        if self.headers.get("Host", "").lower() not in self.server.names:
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST, with_body=with_body)
        file = _file_of(self.server.folder, self.path)
        if file is None:
            return self._refuse(HTTPStatus.NOT_FOUND, with_body=with_body)
        try:
            data = _page(file, self.server.key) if file.suffix == ".html" else file.read_bytes()
        except OSError:
            return self._refuse(HTTPStatus.NOT_FOUND, with_body=with_body)
        headers = {"Content-Type": TYPES[file.suffix], "Content-Security-Policy": _policy(data)}
        if file.suffix in _SQUEEZED:
            headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(self.headers.get("Accept-Encoding", "")):
                headers["Content-Encoding"], data = "gzip", _squeezed(data)
        return self._send(HTTPStatus.OK, headers, data, with_body=with_body)

    def _refuse(self, status: HTTPStatus, *, with_body: bool) -> None:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        self._send(status, headers, status.phrase.encode("ascii"), with_body=with_body)

    def _send(
        self, status: HTTPStatus, headers: dict[str, str], data: bytes, *, with_body: bool
    ) -> None:
        self.send_response(status)
        always = {
            "Content-Length": str(len(data)),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        for name, value in (headers | always).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            with suppress(ConnectionError):  # a browser that left needs nothing more
                self.wfile.write(data)


def _file_of(folder: Path, target: str) -> Path | None:
    """The file that a request asks for; None for what is not there, or not in the folder."""
    try:
        name = unquote(urlsplit(target).path, errors="strict").lstrip("/") or PAGE
        parts = name.split("/")
        if "\\" in name or ":" in name or any(part.startswith(".") or not part for part in parts):
            return None
        file = folder.joinpath(*parts).resolve()  # a link may lead anywhere
        inside = file.is_relative_to(folder) and file.is_file()
    except (ValueError, OSError):  # no UTF-8, a NUL, a name too long
        return None
    return file if inside and file.suffix in TYPES else None


def _page(file: Path, key: str) -> bytes:
    """The page, with the key of the environment if there is one: it is never in the file."""
    html = file.read_text("utf-8")
    if key:
        meta = f'<meta name="{KEY_NAME}" content="{escape(key)}">'
        html = html.replace(CHARSET, f"{CHARSET}\n{meta}", 1)
    return html.encode("utf-8")


def _policy(data: bytes) -> str:
    """The page's own policy; nothing may run in, or be loaded by, what is no page."""
    words = _POLICY.search(data[:20_000].decode("utf-8", "replace"))
    return f"{words[1]}; frame-ancestors 'none'" if words else "default-src 'none'"


def _takes_gzip(accepted: str) -> bool:
    codings = (part.split(";") for part in accepted.lower().split(","))
    quality = {name.strip(): "".join(more).replace(" ", "") for name, *more in codings}
    return "gzip" in quality and not re.fullmatch(r"q=0(\.0*)?", quality["gzip"])


@lru_cache(maxsize=64)
def _squeezed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


@contextmanager
def preview(folder: Path | str, *, port: int = PORT, key: str = "") -> Iterator[str]:
    """Serve a folder that ``landready build`` wrote while the block runs; gives the address.

    Takes the next free port where another program has the one asked for; 0 takes any. ``key``
    reaches the page that is served, never a file. Raises :class:`PublishError` for a folder that
    is not ours, and when no port is free.
    """
    place = Path(folder).resolve()
    _check_ours(place)
    first = _opened(place, port, key)
    servers = [first]
    with suppress(OSError):  # this machine may have no IPv6
        servers.append(_Server(_LOOPBACK[1], first.server_address[1], place, key))
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    try:
        yield f"http://{_LOOPBACK[0]}:{first.server_address[1]}/"
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _opened(folder: Path, port: int, key: str) -> _Server:
    for number in range(port, min(port + PORTS_TRIED, 65_535) + 1):
        try:
            return _Server(_LOOPBACK[0], number, folder, key)
        except OSError:
            continue
    raise PublishError(finding("serve.port", seen=port, times=PORTS_TRIED))


def _check_ours(folder: Path) -> None:
    """Refuse any folder but an output of ours: there is no telling what else would be served."""
    missing = [name for name in (PAGE, RECORD) if not (folder / name).is_file()]
    if not missing:
        try:
            record = json.loads((folder / RECORD).read_text("utf-8"))
            missing = [] if "landready" in record else [RECORD]
        except (OSError, ValueError, TypeError):
            missing = [RECORD]
    if missing:
        raise PublishError(finding("serve.folder", file=str(folder), seen=missing[0]))
