"""The lines of a boundary-point file: its header, its plots, and the points of each plot."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from geo.errors import LayerError
from geo.findings import Finding, Place, finding

PLOT_TYPES: Final = {
    "面": "面",
    "面状": "面",
    "多边形": "面",
    "polygon": "面",
    "线": "线",
    "线状": "线",
    "polyline": "线",
    "点": "点",
    "点状": "点",
    "point": "点",
}
"""What stands in the fifth field of a plot line, and what it means."""

_POINT = re.compile(
    r"[^,=]*+,"  # label
    r"(?:\s*+([0-9]{0,6}+)(?:\.0*+)?+\s*+,)?"  # ring
    r"\s*+([+-]?[0-9]++\.?[0-9]*+)\s*+,\s*+([+-]?[0-9]++\.?[0-9]*+)\s*+"  # X, Y
    r"((?:,[^,@]*+)*+)"  # what no format has
)
"""Possessive (``++``), so that a line of a million blanks takes no longer than it is long."""

_MOST_EXTRA: Final = 2
"""A height and a remark may follow X and Y."""

_SECTIONS: Final = ("属性描述", "地块坐标")

_DECIDING: Final = ("坐标系", "几度分带", "投影类型", "计量单位", "带号", "中央子午线")
"""What places the coordinates: a second, other value would leave it open where the land is."""

_KEYS: Final = {"中央经线": "中央子午线", "分带": "几度分带", "投影带号": "带号"}

_MARKS: Final = ("属性描述", "地块坐标", "坐标系", ",面,")


@dataclass(slots=True)
class Plot:
    """One plot as it is written: its line, and its points one by one."""

    line: int
    fields: list[str]
    lines: list[int] = field(default_factory=list)
    rings: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    extra: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Lines:
    """A whole file: header values by key, plots in order, and lines that are neither."""

    header: dict[str, str] = field(default_factory=dict)
    plots: list[Plot] = field(default_factory=list)
    ignored: list[tuple[int, str]] = field(default_factory=list)
    stray: list[tuple[int, str]] = field(default_factory=list)


def decoded(data: bytes, encoding: str | None, file: str) -> str:
    """The text: by its byte-order mark, else as stated, else UTF-8, else GB18030.

    UTF-8 with a damaged byte is refused: as GB18030 it would read as other words, silently.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16", file)
    if encoding is not None:
        return _strictly(data, encoding, file).removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        lenient = data.decode("utf-8", errors="replace")
        damaged = any(mark in lenient for mark in _MARKS)
    return _strictly(data, "utf-8" if damaged else "gb18030", file)


def _strictly(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LayerError(
            finding("survey.encoding", file=file, seen=encoding.upper(), line=line)
        ) from None
    except LookupError as error:
        raise LayerError(finding("layer.unreadable", file=file, problem=error)) from None


def scanned(text: str, file: str) -> tuple[Lines, list[Finding]]:
    """Sort the lines of a file; raises :class:`LayerError` when it holds no plot."""
    found = Lines()
    plot: Plot | None = None
    section = ""
    for number, raw in enumerate(_split(text), 1):
        line = raw if raw.isascii() else _plain(raw)
        match = _POINT.fullmatch(line)
        if match is not None:
            _add_point(found, plot, match, (number, line))
        elif not line.strip():
            continue
        elif line.lstrip().startswith("["):
            plot, section = None, line.strip().strip("[]")
            if section not in _SECTIONS:
                found.ignored.append((number, line.strip()))
        elif (fields := _plot_fields(raw)) is not None:
            plot = Plot(number, fields)
            found.plots.append(plot)
        elif not _is_header(line, found.header, file):
            kept = found.ignored if plot is None else plot.unread
            kept.append((number, line.strip()))
    if not found.plots:
        raise LayerError(finding("survey.format", file=file))
    return found, _line_findings(found, file)


def _split(text: str) -> list[str]:
    """Lines as editors count them; other separators of Unicode may stand in a name."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _plain(text: str) -> str:
    """Full-width forms folded, as structure and numbers are read."""
    folded = unicodedata.normalize("NFKC", text)
    return folded.translate({0x3002: ".", 0x3001: ",", 0x3010: "[", 0x3011: "]"})


def _add_point(
    found: Lines, plot: Plot | None, match: re.Match[str], where: tuple[int, str]
) -> None:
    ring, first, second, extra = match.groups()
    x, y = float(first), float(second)
    if plot is None:
        found.stray.append(where)
    elif _is_no_point(ring, x, extra):
        plot.unread.append(where)
    else:
        plot.lines.append(where[0])
        plot.rings.append(int(ring) if ring else plot.rings[-1] if plot.rings else 1)
        plot.first.append(x)
        plot.second.append(y)
        if extra.strip(", \t"):
            plot.extra.append(where)


def _is_no_point(ring: str | None, x: float, extra: str) -> bool:
    """Whether the line is two run together, or a label, a ring and one coordinate."""
    return extra.rstrip(", \t").count(",") > _MOST_EXTRA or (ring is None and 0 <= x < 10_000)


def _plot_fields(raw: str) -> list[str] | None:
    """The fields of a plot line without its ``@``, names as they are written; else None.

    Full-width commas part fields only in a line that has too few of the others.
    """
    line = raw.strip()
    fields = [part.strip() for part in line.split(",")]
    if len(fields) < 9 or not _plain(fields[0]).isdigit():
        fields = [part.strip() for part in re.split("[,，]", line)]
    while fields and not fields[-1]:
        fields.pop()
    if fields and fields[-1] not in ("@", "＠") and fields[-1].endswith(("@", "＠")):
        fields[-1:] = [fields[-1][:-1], "@"]
    marks = [at for at, part in enumerate(fields) if part in ("@", "＠") and at > 3]
    if marks:
        return fields[: marks[-1]] + fields[marks[-1] + 1 :]
    typed = len(fields) > 4 and _plain(fields[4]).casefold() in PLOT_TYPES
    return fields if typed else None


def _is_header(line: str, header: dict[str, str], file: str) -> bool:
    """Whether the line is ``key=value``; if so, keep it."""
    key, sign, value = re.sub(":", "=", line, count=1 if "=" not in line else 0).partition("=")
    key, value = _KEYS.get(key.strip(), key.strip()), value.strip()
    if not sign or "," in key:
        return False
    if key in _DECIDING and header.get(key, value) != value:
        seen = f"{header[key]}, {value}"
        raise LayerError(finding("survey.header-twice", file=file, field=key, seen=seen))
    header.setdefault(key, value)
    return True


def _line_findings(found: Lines, file: str) -> list[Finding]:
    """What is said about lines that belong to no plot."""
    findings = []
    for code, lines in (("survey.stray", found.stray), ("survey.ignored", found.ignored)):
        if lines:
            line, seen = lines[0]
            words: Place = {"line": line, "times": len(lines), "seen": seen[:80]}
            findings.append(finding(code, file=file, **words))
    return findings
