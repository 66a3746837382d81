"""Finding links, hashtags and mentions in a text, as the platforms' own text libraries do.

The rules for links follow X's open text library: a bare domain is a link when its last label is a real top level
domain, punctuation after a link does not belong to it, a label longer than 63 bytes is no host name. Everything is
linear in the length of the text: candidates come from possessive patterns and are then judged label by label.
"""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import regex
from publicsuffixlist import PublicSuffixList

# Characters that end a host name: punctuation, white space, direction marks and non-characters.
_NOT_HOST = r"!\"'#%&()*+,\\./:;<=>?@\[\]^{|}~$`\s\p{Cc}\u200e\u200f\u202a-\u202e\u061c\u2066-\u2069\ufffe\ufeff\uffff"
_CANDIDATE = regex.compile(rf"(https?://)?+([^{_NOT_HOST}]++(?:\.[^{_NOT_HOST}]++)++)", regex.IGNORECASE)
_PORT = regex.compile(r":[0-9]++")
_LATIN = (
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    r"\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_PATH_CHAR = rf"[a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_BALANCED = rf"\((?:{_PATH_CHAR}++|{_PATH_CHAR}*+\({_PATH_CHAR}++\){_PATH_CHAR}*+)\)"
_PATH = regex.compile(rf"/(?:{_PATH_CHAR}++|{_BALANCED})*+", regex.IGNORECASE)
_PATH_END = regex.compile(rf"[+\-a-z\u0400-\u04ff0-9=_#/){_LATIN}]", regex.IGNORECASE)
_QUERY = regex.compile(r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*+", regex.IGNORECASE)
_QUERY_END = regex.compile(r"[a-z0-9\-_&=#/]", regex.IGNORECASE)
_TCO = regex.compile(r"https?://t\.co/[a-z0-9]++", regex.IGNORECASE)
_ASCII_RUN = regex.compile(r"[0-9a-z-]*+", regex.IGNORECASE)
_ASCII_HOST = regex.compile(rf"[0-9a-z.\-{_LATIN}]++", regex.IGNORECASE)
_BARRED_BEFORE = regex.compile(r"[A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]")
_BARRED_BEFORE_BARE = regex.compile(r"[-_./]")
_HASHTAG = regex.compile(r"(?<![\w&/#＃])[#＃](?=\w*\p{L})(\w+)")
_MENTION = regex.compile(r"(?<![\w/@])@(\w(?:[\w.-]*\w)?)(@[\w.-]*\w)?")
_EMAIL = regex.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")
_LONGEST_URL = 4096
_LONGEST_LABEL = 63


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, `text[start:end]`; `value` is what stands there (a hashtag without its `#`)."""

    start: int
    end: int
    value: str


def find_urls(text: str, *, bare: bool = True, any_domain: bool = False) -> tuple[Span, ...]:
    """The links in a text, in order. `bare`: also without `https://`; `any_domain`: made-up top level domains too."""
    spans: list[Span] = []
    position = 0
    while match := _CANDIDATE.search(text, position):
        found = _judge(text, match, bare=bare, any_domain=any_domain)
        spans += found
        position = max(match.start(2) + 1, found[-1].end) if found else match.end()
    return tuple(spans)


def find_hashtags(text: str) -> tuple[Span, ...]:
    """The hashtags outside links, in order; the number sign alone or with digits only is none."""
    urls = find_urls(text, any_domain=True)
    spans = (Span(match.start(), match.end(), match[1]) for match in _HASHTAG.finditer(text))
    return _outside(spans, urls)


def find_mentions(text: str) -> tuple[Span, ...]:
    """The `@name` and `@name@server.tld` mentions outside links; `value` is the local name with its `@`."""
    urls = find_urls(text, bare=False, any_domain=True)
    spans = (Span(match.start(), match.end(), "@" + match[1]) for match in _MENTION.finditer(text))
    return _outside(spans, urls)


def find_emails(text: str) -> tuple[Span, ...]:
    """The e-mail addresses in a text."""
    return tuple(Span(match.start(), match.end(), match[0]) for match in _EMAIL.finditer(text))


def unbreakable(text: str) -> tuple[Span, ...]:
    """What must never be cut in two: links, hashtags, mentions and e-mail addresses, in order, none inside another."""
    spans = (*find_urls(text, any_domain=True), *find_hashtags(text), *find_mentions(text), *find_emails(text))
    outermost: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not outermost or span.start >= outermost[-1].end:
            outermost.append(span)
    return tuple(outermost)


def without(text: str, spans: tuple[Span, ...]) -> str:
    """The text with the spans blanked out."""
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = f"{text[: span.start]} {text[span.end :]}"
    return text


def _outside(spans: Iterable[Span], others: tuple[Span, ...]) -> tuple[Span, ...]:
    starts = [other.start for other in others]
    free = []
    for span in spans:
        before = bisect.bisect_right(starts, span.start) - 1
        if before < 0 or others[before].end <= span.start:
            free.append(span)
    return tuple(free)


def _judge(text: str, match: regex.Match[str], *, bare: bool, any_domain: bool) -> list[Span]:
    before = text[match.start() - 1] if match.start() else ""
    if before and _BARRED_BEFORE.match(before):
        return []
    protocol = match[1] or ""
    if protocol:
        end = _domain_end(text, match.start(2), match.end(2), any_domain=any_domain)
        return [_whole(text, match.start(), match.start(2), end)] if end else []
    if not bare or (before and _BARRED_BEFORE_BARE.match(before)):
        return []
    return _bare_domains(text, match)


def _bare_domains(text: str, match: regex.Match[str]) -> list[Span]:
    # Without a protocol only the Latin part of a run counts: "続きはhardban.plで" links to hardban.pl.
    spans: list[Span] = []
    for part in _ASCII_HOST.finditer(text, match.start(2), match.end(2)):
        start = part.start()
        if text[start] in ".-" or (start and _BARRED_BEFORE_BARE.match(text[start - 1])):
            continue
        end = _domain_end(text, start, part.end(), any_domain=False)
        if end:
            whole = _whole(text, start, start, end)
            # A query without a path is not taken along by a bare domain.
            spans.append(whole if text[end : end + 1] in {"/", ":"} else Span(start, end, text[start:end]))
    return [span for span in spans if span.end - span.start <= _LONGEST_URL]


def _domain_end(text: str, start: int, stop: int, *, any_domain: bool) -> int:
    """Where the longest valid host name that begins at `start` ends, 0 if there is none."""
    labels = text[start:stop].split(".")
    ends = _label_ends(labels, start)
    good = sum(1 for _ in itertools.takewhile(functools.partial(_is_name, underscore=True), labels))
    for index in range(min(good, len(labels) - 1), 0, -1):
        end = _top_level_end(text, ends[index] - len(labels[index]), labels[index], any_domain=any_domain)
        if end and _is_name(labels[index - 1], underscore=False):
            return end
    return 0


def _label_ends(labels: list[str], start: int) -> list[int]:
    ends = []
    for label in labels:
        start += len(label)
        ends.append(start)
        start += 1
    return ends


def _top_level_end(text: str, start: int, label: str, *, any_domain: bool) -> int:
    run = _ASCII_RUN.match(label)
    ascii_part = run[0] if run else ""
    if ascii_part:
        after = text[start + len(ascii_part) : start + len(ascii_part) + 1]
        known = ascii_part.lower().startswith("xn--") or _is_top_level(ascii_part.lower())
        if after not in {"@", "+"} and (known or (any_domain and not ascii_part.startswith("-"))):
            return start + len(ascii_part)
        return 0
    return start + len(label) if any_domain or _is_top_level(label.lower()) else 0


def _is_name(label: str, *, underscore: bool) -> bool:
    """Whether this may be a host name's label; an underscore is fine left of the registered name only."""
    if not label or label[0] in "-_" or label[-1] in "-_" or (not underscore and "_" in label):
        return False
    if len(label) > _LONGEST_LABEL:
        return False
    try:
        return label.isascii() or len(b"xn--" + label.encode("punycode")) <= _LONGEST_LABEL
    except UnicodeError:
        return False


def _whole(text: str, start: int, host: int, end: int) -> Span:
    """The span from `start` with the port, path and query that follow the host name ending at `end`."""
    if port := _PORT.match(text, end):
        end = port.end()
    end = _taken(text, end, _PATH, _PATH_END)
    end = _taken(text, end, _QUERY, _QUERY_END)
    if tco := _TCO.match(text, start):
        end = min(end, tco.end()) if host else end
    return Span(start, end, text[start:end])


def _taken(text: str, start: int, part: regex.Pattern[str], ending: regex.Pattern[str]) -> int:
    match = part.match(text, start)
    if not match:
        return start
    end = match.end()
    while end > start and not ending.match(text[end - 1]):
        end -= 1
    return end


@functools.cache
def _top_levels() -> PublicSuffixList:
    # Only what the registries run: the private section lists hosts such as github.io, whose last label is real anyway.
    return PublicSuffixList(accept_unknown=False, only_icann=True)


@functools.lru_cache(maxsize=4096)
def _is_top_level(label: str) -> bool:
    # Two labels before it, because a few countries register only below a second level (`*.ck`).
    return _top_levels().publicsuffix(f"a.b.{label}") is not None
