"""The seal of a page: nothing in it reaches outside, and only its own scripts may run."""

import base64
import hashlib
import re
from collections.abc import Iterator
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


@dataclass
class Contents(HTMLParser):
    """Scripts that run, style sheets, and addresses named by attributes, in page order."""

    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _inside: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note addresses and inline styles, and open a script or a style sheet."""
        values = {name: value or "" for name, value in attrs}
        self.links += [value for name, value in values.items() if name in LINKS]
        self.styles.append(values.get("style", ""))
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
    for style in page.styles:
        yield from _IN_STYLE.findall(style)
    for script in page.scripts:
        if script not in trusted:
            yield from _IN_SCRIPT.findall(script)


def script_hash(script: str) -> str:
    """Hash a script in the notation of a Content-Security-Policy."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def policy(page: Contents) -> str:
    """Word a Content-Security-Policy that lets exactly the scripts of this page run."""
    hashes = " ".join(dict.fromkeys(script_hash(script) for script in page.scripts))
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def sealed(html: str, *, trusted: frozenset[str] = frozenset()) -> str:
    """Give the page its policy and the line ends a browser reads; PublishError on a link out."""
    html = html.replace("\r\n", "\n").replace("\r", "\n")
    page = contents(html)
    outside = list(dict.fromkeys(outside_links(page, trusted=trusted)))
    if outside:
        raise PublishError(*map(_outside, outside))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
    return html.replace(CHARSET, f"{CHARSET}\n{meta}", 1)


def _outside(link: str) -> Finding:
    return finding("page.outside", seen=link[:200])
