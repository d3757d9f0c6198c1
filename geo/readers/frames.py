"""Messages between us and the process that reads: a JSON part and an Arrow part, each measured."""

import struct
from typing import IO, Final

_LENGTHS: Final = struct.Struct("<QQ")

MOST_BYTES: Final = 8 * 2**30
"""A longer message is no layer but a fault."""


def write(pipe: IO[bytes], header: bytes, body: bytes | memoryview) -> None:
    """Send one message."""
    pipe.write(_LENGTHS.pack(len(header), len(body)))
    pipe.write(header)
    pipe.write(body)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """Receive one message; raises :class:`EOFError` when the other side has gone."""
    lengths = _LENGTHS.unpack(_exactly(pipe, _LENGTHS.size))
    if sum(lengths) > MOST_BYTES:
        raise EOFError
    header, body = (_exactly(pipe, length) for length in lengths)
    return header, body


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
