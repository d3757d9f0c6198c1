"""The preview: this machine only, this folder only, and the key in no file."""

import gzip
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import geo
from geo.errors import PublishError
from geo.publish import publish
from geo.serving import KEY_NAME, preview
from geo.webmap.basemaps import KEY_VARIABLE
from tests.makers import placed, row, write_plan

KEY = "0123456789abcdef<\"'&"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published plan, with a secret beside it and links that lead out of it."""
    place = tmp_path_factory.mktemp("served")
    land = placed(*row([200, 200]), parcel_id=list("AB"), zone=["west"] * 2)
    study = geo.run(geo.read_plan(write_plan(place / "plan", land)))
    out = publish(study, place / "out", basemap="tianditu")
    (place / "secret.html").write_text("secret", "utf-8")
    (out / "link.html").symlink_to(place / "secret.html")
    (out / ".hidden.html").write_text("hidden", "utf-8")
    (out / "strange.sh").write_text("echo", "utf-8")
    (out / "data").mkdir()
    (out / "data" / "s0000.js").write_text("landready();", "utf-8")
    return out


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with preview(folder, port=0, key=KEY) as address:
        yield address


def asked(
    address: str, target: str = "/", *, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """What one request is answered with: status, headers, body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    told = (answer.status, {name.lower(): value for name, value in answer.getheaders()})
    body = answer.read()
    connection.close()
    return *told, body


def test_the_page_is_served_with_its_own_policy(address: str, folder: Path) -> None:
    status, headers, body = asked(address)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = headers["content-security-policy"].removesuffix("; frame-ancestors 'none'")
    assert f'content="{policy}"' in (folder / "index.html").read_text("utf-8")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert b"landready-data" in body


def test_a_key_is_in_the_answer_and_in_no_file(address: str, folder: Path) -> None:
    _, _, body = asked(address)
    quoted = "0123456789abcdef&lt;&quot;&#x27;&amp;"
    assert f'<meta name="{KEY_NAME}" content="{quoted}">'.encode() in body
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [data for data in files if b"0123456789abcdef" in data]


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/index.html", "text/html; charset=utf-8"),
        ("/?a=1#lang=en", "text/html; charset=utf-8"),
        ("/tables/zones.csv", "text/csv; charset=utf-8"),
        ("/run.json", "application/json; charset=utf-8"),
        ("/data/s0000.js", "text/javascript; charset=utf-8"),
        ("/parcels.gpkg", "application/geopackage+sqlite3"),
    ],
)
def test_every_file_has_its_type(address: str, target: str, kind: str) -> None:
    status, headers, body = asked(address, target)
    assert (status, headers["content-type"]) == (200, kind)
    assert int(headers["content-length"]) == len(body) > 0
    if not kind.startswith("text/html"):
        assert headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/../secret.html",
            "/%2e%2e/secret.html",
            "/..%2fsecret.html",
            "/tables/../../secret.html",
        ),
        *(
            "/%2e%2e%5csecret.html",
            "//secret.html/../..",
            "/.hidden.html",
            "/strange.sh",
            "/link.html",
        ),
        *("/tables/", "/tables", "/data", "/nothing.html", "/%00.html", "/%ff.html", "/C:/x.html"),
        "/" + "x" * 5000 + ".html",
    ],
)
def test_nothing_else_is_served(address: str, target: str) -> None:
    status, _, body = asked(address, target)
    assert (status, body) == (404, b"Not Found")


def test_gzip_is_for_those_who_take_it(address: str) -> None:
    plain = asked(address, Accept_Encoding="identity")[2]
    for accepted in ("gzip", "br;q=1.0, GZIP;q=0.5"):
        _, headers, body = asked(address, Accept_Encoding=accepted)
        assert headers["content-encoding"] == "gzip"
        assert headers["vary"] == "Accept-Encoding"
        assert gzip.decompress(body) == plain
    assert "content-encoding" not in asked(address, Accept_Encoding="gzip;q=0")[1]
    assert "content-encoding" not in asked(address, "/parcels.gpkg", Accept_Encoding="gzip")[1]


def test_a_head_has_no_body(address: str) -> None:
    status, headers, body = asked(address, method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 10_000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(address: str, method: str) -> None:
    assert asked(address, method=method)[0] == 501


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil:80"])
def test_a_name_of_the_network_gets_no_answer(address: str, host: str) -> None:
    status, _, body = asked(address, Host=host)
    assert (status, body) == (421, b"Misdirected Request")


def test_this_machine_may_call_itself_by_name(address: str) -> None:
    port = urlsplit(address).port
    assert asked(address, Host=f"localhost:{port}")[0] == 200
    assert asked(address, Host=f"LOCALHOST:{port}")[0] == 200


def test_it_listens_on_loopback_only(address: str) -> None:
    port = urlsplit(address).port
    assert urlsplit(address).hostname == "127.0.0.1"
    own = {item[4][0] for item in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for host in own - {"127.0.0.1"}:
        with pytest.raises(OSError), socket.create_connection((host, port), timeout=2):
            pass


def test_a_port_that_is_taken_gives_way_to_the_next(folder: Path) -> None:
    with preview(folder, port=0) as first:
        port = urlsplit(first).port
        assert port is not None
        with preview(folder, port=port) as second:
            assert port < (urlsplit(second).port or 0) <= port + 20
            assert asked(second)[0] == asked(first)[0] == 200


def test_no_port_at_all_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object) -> None:
        raise OSError("taken")

    monkeypatch.setattr("geo.serving._Server", taken)
    with pytest.raises(PublishError) as caught, preview(folder, port=9000):
        pass
    assert [item.code for item in caught.value.findings] == ["serve.port"]
    assert "9000" in str(caught.value)


def test_after_the_block_nobody_answers(folder: Path) -> None:
    with preview(folder, port=0) as address:
        assert asked(address)[0] == 200
    with pytest.raises(ConnectionError):
        asked(address)


@pytest.mark.parametrize("record", [None, "{}", "[", "7"])
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, record: str | None) -> None:
    (tmp_path / "index.html").write_text("mine", "utf-8")
    if record is not None:
        (tmp_path / "run.json").write_text(record, "utf-8")
    with pytest.raises(PublishError) as caught, preview(tmp_path, port=0):
        pass
    (item,) = caught.value.findings
    assert (item.code, item.file, item.seen) == ("serve.folder", str(tmp_path), "run.json")


def test_the_command_says_where_and_ends_on_ctrl_c(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "k")
    with preview(folder, port=0) as first:
        port = str(urlsplit(first).port)
        command = [sys.executable, "-u", "-m", "geo", "serve", str(folder), "--port", port]
        process = subprocess.Popen(
            [*command, "--lang", "en"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        assert f"port {port} is taken" in said[0]
        assert KEY_VARIABLE in said[1]
        assert asked(said[2].split()[0])[0] == 200
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert (process.returncode, rest.strip()) == (0, "ended")


def test_the_command_refuses_another_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "geo", "serve", str(tmp_path), "--lang", "en"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "[serve.folder]" in told.stderr
    assert "Traceback" not in told.stderr
