"""The scripts of the page as text: one scope, every word in both languages, text only as text."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.webmap import scripts

STATIC = Path(scripts.__file__).parent / "static"
SOURCES = {name: (STATIC / name).read_text("utf-8") for name in scripts.SCRIPTS}
WHOLE = "\n".join(SOURCES.values())
TEXT = r'"[^"]+"(?:\s*\+\s*"[^"]+")*'
MOST_LINES = 40
ENTRY = re.compile(rf"^  (\w+): \{{\s*zh:\s*{TEXT},\s*en:\s*{TEXT},?\s*\}},$", re.MULTILINE)


def lists_of_words() -> list[str]:
    """What stands between the braces wherever words are told."""
    return re.findall(
        r"^(?:const WORDS = |Object\.assign\(WORDS, )\{\n(.*?)^\}", WHOLE, re.M | re.S
    )


def words() -> list[str]:
    return [key for text in lists_of_words() for key in re.findall(r"^  (\w+):", text, re.M)]


def test_every_script_and_style_is_in_the_page_and_opens_with_a_sentence() -> None:
    kinds = {"js": scripts.SCRIPTS, "css": scripts.STYLES}
    for kind, listed in kinds.items():
        made = {f"page.min.{kind}"}
        assert {path.name for path in STATIC.glob(f"*.{kind}")} - made == set(listed)
    for name, text in SOURCES.items():
        first = re.match(r"(?:// .*\n)+", text)
        assert first and re.search(r"[.:]\n", first[0]), name


@pytest.mark.parametrize(
    ("name", "source"),
    [("page.min.js", scripts.script_source), ("page.min.css", scripts.style_source)],
)
def test_what_is_minified_is_made_of_the_sources(name: str, source: Callable[[], str]) -> None:
    first, _, text = (STATIC / name).read_text("utf-8").partition("\n")
    assert first == scripts.mark(source()), "run python -m geo.webmap.minify"
    assert 1000 < len(text) < len(source())


def test_no_name_is_given_twice_in_their_one_scope() -> None:
    names = re.findall(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", WHOLE, re.MULTILINE)
    assert len(names) > 300
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_word_is_told_once_and_in_both_languages() -> None:
    whole = [key for text in lists_of_words() for key in ENTRY.findall(text)]
    assert whole == words()
    assert [key for key, times in Counter(words()).items() if times > 1] == []
    english = re.findall(rf"en:\s*({TEXT})", "\n".join(lists_of_words()))
    assert [text for text in english if re.search(r"[\u4e00-\u9fff]", text)] == ['"中文"']


def test_every_word_asked_for_is_there() -> None:
    asked = re.findall(r'\bworded(?:In)?\(\s*"(\w+)"', WHOLE)
    asked += re.findall(r"\bWORDS\.(\w+)", WHOLE)
    assert set(asked) <= set(words())
    beginnings = set(re.findall(r"\bworded\(\s*`(\w+)\$", WHOLE))
    assert [part for part in beginnings if not any(key.startswith(part) for key in words())] == []


def test_no_word_is_idle() -> None:
    """A word is named in quotes, or begins as a template that is filled in."""
    quoted = re.findall(r'"(\w+)"', WHOLE) + re.findall(r"\bWORDS\.(\w+)", WHOLE)
    named = {*quoted, *re.findall(r"\b(\w+):", without_words())}
    beginnings = tuple(re.findall(r"`(\w+_)\$\{", WHOLE))
    idle = [key for key in words() if key not in named and not key.startswith(beginnings)]
    assert idle == []


def without_words() -> str:
    text = WHOLE
    for told in lists_of_words():
        text = text.replace(told, "")
    return text


@pytest.mark.parametrize("name", scripts.SCRIPTS)
def test_text_reaches_the_page_as_text_only(name: str) -> None:
    risky = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
        r"createContextualFragment|\bbind(Popup|Tooltip)\b|divIcon"
    )
    assert not re.search(risky, SOURCES[name])


@pytest.mark.parametrize("name", scripts.SCRIPTS)
def test_functions_and_lines_are_short(name: str) -> None:
    assert [line for line in SOURCES[name].split("\n") if len(line) > 100] == []
    for start in re.finditer(r"^(?:async )?function\*? (\w+)", SOURCES[name], re.MULTILINE):
        body = SOURCES[name][start.start() :].split("\n}\n", 1)[0]
        assert body.count("\n") <= MOST_LINES, start[1]
