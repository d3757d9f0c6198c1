"""Messages between us and the process that reads: a JSON part and an Arrow part, each measured."""

import struct
from typing import IO, Final

import pyarrow as pa

_LENGTHS: Final = struct.Struct("<QQ")

MOST_BYTES: Final = 8 * 2**30
"""A longer message is no layer but a fault."""

ROWS_AT_ONCE: Final = 32_768
"""Tables travel in batches of so many rows, so that nobody need hold a large one twice."""


def write(pipe: IO[bytes], header: bytes, table: pa.Table | None = None) -> None:
    """Send one message."""
    size = 0
    if table is not None:
        measure = pa.MockOutputStream()
        _stream(table, measure)
        size = measure.size()
    pipe.write(_LENGTHS.pack(len(header), size))
    pipe.write(header)
    if table is not None:
        _stream(table, pipe)
    pipe.flush()


def _stream(table: pa.Table, sink: IO[bytes] | pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=ROWS_AT_ONCE)


def read(pipe: IO[bytes]) -> tuple[bytes, pa.Table | None]:
    """Receive one message; raises :class:`EOFError` when the other side has gone."""
    header_size, size = lengths = _LENGTHS.unpack(_exactly(pipe, _LENGTHS.size))
    if sum(lengths) > MOST_BYTES:
        raise EOFError
    header = _exactly(pipe, header_size)
    if not size:
        return header, None
    try:
        return header, pa.ipc.open_stream(_Measured(pipe, size)).read_all()
    except (ValueError, pa.ArrowException):
        raise EOFError from None


class _Measured:
    """So many bytes of a pipe, and no more, whatever is asked for."""

    closed = False

    def __init__(self, pipe: IO[bytes], left: int) -> None:
        self._pipe, self._left = pipe, left

    def read(self, length: int) -> bytes:
        self._left -= length
        if self._left < 0:
            raise EOFError
        return _exactly(self._pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
