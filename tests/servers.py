"""A real PostgreSQL server with PostGIS on loopback, for the time of the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

DEBIAN: Final = Path("/usr/lib/postgresql")
SYSTEM_USER: Final = "postgres"  # initdb and postgres refuse to run as root
PASSWORD: Final = "青溪 9f2/@"


@dataclass(frozen=True)
class Server:
    """A server of its own folder and port. Role ``postgres`` is trusted, ``locked`` is not."""

    binaries: Path
    folder: Path
    port: int

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop it; ``immediate`` is what a power cut leaves."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def restart(self) -> None:
        """Start it anew, whether it runs or has crashed."""
        with suppress(AssertionError):
            self.stop("immediate")
        self.start()

    def set(self, name: str, value: str) -> None:
        """Change a setting while it runs."""
        self.sql(f"ALTER SYSTEM SET {name} = {value}", database="postgres")
        self.sql("SELECT pg_reload_conf()", database="postgres")

    def address(self, database: str, *, user: str = "postgres", query: str = "") -> str:
        """The address of a database, as a plan names it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}{query}"

    def database(self, *, postgis: bool = True, options: str = "", owner: str = "postgres") -> str:
        """The name of a new, empty database."""
        name = f"office_{next(_NUMBERS)}"
        self.sql(f"CREATE DATABASE {name} OWNER {owner} {options}", database="postgres")
        if postgis:
            self.sql("CREATE EXTENSION postgis", database=name)
        return name

    def role(self, name: str) -> str:
        """A role that may log in and owns nothing."""
        self.sql(f"CREATE ROLE {name} LOGIN", database="postgres")
        return name

    def sql(self, statement: str, *, database: str, user: str = "postgres") -> list[Any]:
        """Run statements as a user, the superuser unless told; the rows of the last one."""
        with psycopg.connect(self.address(database, user=user), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def create(self) -> None:
        """Lay out the folder, start the server and make its roles."""
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        rules = self.folder / "pg_hba.conf"
        told = rules.read_text(encoding="utf-8")
        locked = "host all locked 127.0.0.1/32 scram-sha-256\n"
        rules.write_text(locked + told, encoding="utf-8")
        with (self.folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                "unix_socket_directories = ''\nfsync = off\nmax_wal_size = 4GB\n"
            )
        self.start()
        word = sql.Literal(PASSWORD).as_string(None)
        self.sql(f"CREATE ROLE locked LOGIN PASSWORD {word}", database="postgres")

    def _run(self, program: str, *arguments: str) -> None:
        user = SYSTEM_USER if os.geteuid() == 0 else None
        command = [str(self.binaries / program), "-D", str(self.folder), *arguments]
        done = subprocess.run(
            command,
            user=user,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # which the server keeps open
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{program}: {self._log()}"

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "no log"


_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Give a running server; skip (in CI fail) where Debian's PostgreSQL or PostGIS is absent."""
    found = [path for path in DEBIAN.glob("*/bin/postgres") if _has_postgis(path.parts[-3])]
    if not found:
        pytest.skip("PostgreSQL is absent: apt-get install postgresql postgresql-postgis")
    folder = Path(tempfile.mkdtemp(prefix="landready-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    server = Server(max(found).parent, folder, _free_port())
    try:
        server.create()
        yield server
    finally:
        with suppress(AssertionError):  # it was never started, or has crashed
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _has_postgis(version: str) -> bool:
    return Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
