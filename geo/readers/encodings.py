"""Text encodings: what a file says of its text, and what its bytes say."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

UTF8, GB18030 = "UTF-8", "GB18030"

_CHINESE: Final = frozenset({"gbk", "gb2312", "gb18030", "hz"})
_PAGES: Final = {
    "65001": "utf-8",
    "936": "gb18030",
    "54936": "gb18030",
    "950": "big5",
    "88591": "iso8859-1",
    "8859-1": "iso8859-1",
    "latin1": "iso8859-1",
}
_FIRST_CJK: Final = 0x2E80
_SAMPLE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How text is to be read. ``fits`` is false when nothing fits, ``lied`` when it said other."""

    encoding: str
    fits: bool = True
    lied: bool = False
    ambiguous: bool = False


def codec(name: str) -> str | None:
    """The codec that a .cpg, a code page or a person means by this name; None if unknown."""
    word = name.strip().strip("\0\ufeff").lower()
    digits = re.fullmatch(r"(?:ansi|oem|cp|ms|dos|ibm|windows)?[ _-]*(\d{3,5})", word)
    if digits:
        word = _PAGES.get(digits[1], f"cp{digits[1]}")
    word = _PAGES.get(word, word)
    try:
        found = codecs.lookup(word).name
    except (LookupError, ValueError, UnicodeError):
        return None
    if found in _CHINESE:
        return GB18030
    return UTF8 if found in ("utf-8", "utf-8-sig") else found


def reading(words: bytes, stated: str | None) -> Reading:
    """How to read ``words``, which the file states to be in the codec ``stated``.

    What is stated holds if the bytes agree; otherwise UTF-8, then GB18030 (domain reference,
    section 4). Latin-1 and its like agree with any bytes, so they hold only where the bytes do
    not read as Chinese.
    """
    if words.isascii():
        return Reading(UTF8)
    utf8, chinese = _decoded(words, UTF8), _decoded(words, GB18030)
    if stated is not None and _agrees(words, stated, utf8, chinese):
        return Reading(stated)
    if utf8 is not None:
        doubtful = not _has_cjk(utf8) and _is_chinese(chinese)
        latin = not doubtful or re.search(r"[A-Za-z][^\0-\x7f]|[^\0-\x7f][A-Za-z]", utf8)
        likelier = UTF8 if latin else GB18030  # 一 is һ in UTF-8, which is in no word; é is in some
        return Reading(likelier, lied=stated is not None, ambiguous=doubtful)
    if chinese is not None:
        return Reading(GB18030, lied=stated is not None)
    return Reading(stated or GB18030, fits=False)


def _decoded(words: bytes, name: str) -> str | None:
    try:
        return words.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _agrees(words: bytes, stated: str, utf8: str | None, chinese: str | None) -> bool:
    if stated == UTF8:
        return utf8 is not None
    if utf8 is not None and _has_cjk(utf8):
        return False
    if stated == GB18030:
        return chinese is not None
    single_byte = _decoded(bytes(range(0xC0, 0xE0)), stated) is not None
    if single_byte and (utf8 is not None or _is_chinese(chinese)):
        return False
    return _decoded(words, stated) is not None


def _has_cjk(text: str) -> bool:
    return any(ord(sign) >= _FIRST_CJK for sign in text)


def _is_chinese(text: str | None) -> bool:
    """Whether most of what is not ASCII are the characters of everyday Chinese (GB 2312)."""
    if text is None:
        return False
    signs = [sign for sign in text if not sign.isascii()][:_SAMPLE]
    common = sum(ord(sign) >= _FIRST_CJK and _decodes_as_gb2312(sign) for sign in signs)
    return 2 * common > len(signs)


def _decodes_as_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
