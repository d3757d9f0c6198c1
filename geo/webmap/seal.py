"""The seal of a page: nothing in it reaches outside, and only its own scripts may run."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from geo.errors import PublishError
from geo.findings import Finding, finding

CHARSET = '<meta charset="utf-8">'
LINKS = {
    *("action", "archive", "background", "cite", "code", "codebase", "data", "formaction"),
    *("href", "longdesc", "manifest", "ping", "poster", "src", "srcset", "xlink:href"),
}
SCRIPT_TYPES = {"", "module", "text/javascript", "application/javascript"}
_INSIDE = re.compile(r"\s*(?:$|#|data:)", re.IGNORECASE)
_IN_STYLE = re.compile(r"@import\b[^;]*|url\(\s*['\"]?(?!\s*['\"]?(?:#|data:))[^)]*", re.IGNORECASE)
_IN_SCRIPT = re.compile(r"\b(?:https?|wss?|ftp)://[^\s\"'`)]*", re.IGNORECASE)
_STYLED = re.compile(r"""\sstyle\s*=\s*(?:["'`\\]|\$\{)""", re.IGNORECASE)
"""Markup with a style of its own, as elements of folium write it from their scripts."""


@dataclass
class Contents(HTMLParser):
    """Scripts that run, style sheets, and the styles and addresses of attributes, in page order."""

    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    inline_styles: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _inside: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note addresses and inline styles, and open a script or a style sheet."""
        values = {name: value or "" for name, value in attrs}
        self.links += [value for name, value in values.items() if name in LINKS]
        self.inline_styles += [values["style"]] if "style" in values else []
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.links.append(values.get("content", ""))
        runs = tag == "script" and values.get("type", "").lower() in SCRIPT_TYPES
        if runs or tag == "style":
            self._inside = self.scripts if runs else self.styles
            self._inside.append("")

    def handle_endtag(self, tag: str) -> None:
        """Close a script or a style sheet."""
        if tag in ("script", "style"):
            self._inside = None

    def handle_data(self, data: str) -> None:
        """Keep the text of a script or a style sheet."""
        if self._inside is not None:
            self._inside[-1] += data


def contents(html: str) -> Contents:
    """Read a page into its scripts, styles and links."""
    reader = Contents()
    reader.feed(html)
    reader.close()
    return reader


def outside_links(page: Contents, *, trusted: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every address in the page that is not in the page; ``trusted`` scripts are not searched."""
    yield from (link for link in page.links if not _INSIDE.match(link))
    for style in (*page.styles, *page.inline_styles):
        yield from _IN_STYLE.findall(style)
    for script in page.scripts:
        if script not in trusted:
            yield from _IN_SCRIPT.findall(script)


def text_hash(text: str) -> str:
    """Hash a script or a style sheet in the notation of a Content-Security-Policy."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def policy(
    page: Contents,
    *,
    trusted: frozenset[str] = frozenset(),
    chunks: bool = False,
    images: Sequence[str] = (),
) -> str:
    """Word a Content-Security-Policy that lets exactly the scripts and styles of this page work.

    ``chunks`` lets scripts load from the page's own folder, ``images`` are origins of tiles. A
    style on a tag is let be only where an element of folium brings one; ours set none.
    """
    scripts = [*(["'self'"] if chunks else []), *map(text_hash, page.scripts)]
    own = (script for script in page.scripts if script not in trusted)
    styled = bool(page.inline_styles) or any(map(_STYLED.search, own))
    rules = [
        "default-src 'none'",
        _rule("script-src", scripts),
        _rule("style-src", [text_hash(style) for style in page.styles]),
        *(["style-src-attr 'unsafe-inline'"] if styled else []),
        _rule("img-src", ["data:", "blob:", *images]),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _rule(name: str, sources: Sequence[str]) -> str:
    return " ".join([name, *(dict.fromkeys(sources) or ["'none'"])])


def sealed(
    html: str,
    *,
    trusted: frozenset[str] = frozenset(),
    chunks: bool = False,
    images: Sequence[str] = (),
) -> str:
    """Give the page its policy and the line ends a browser reads; PublishError on a link out."""
    html = html.replace("\r\n", "\n").replace("\r", "\n")
    page = contents(html)
    outside = list(dict.fromkeys(outside_links(page, trusted=trusted)))
    if outside:
        raise PublishError(*map(_outside, outside))
    words = policy(page, trusted=trusted, chunks=chunks, images=images)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{words}">'
    return html.replace(CHARSET, f"{CHARSET}\n{meta}", 1)


def _outside(link: str) -> Finding:
    return finding("page.outside", seen=link[:200])
