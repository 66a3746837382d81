"""Cleaning a model's text: markup, control characters, links that nobody gave; and telling leftovers from copy."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

import regex

from marketing.content.links import Span, find_emails, find_urls
from marketing.content.typography import outside_links

_CONTROL = regex.compile(
    r"[\p{Cc}\p{Cs}\p{Co}\ufdd0-\ufdef\ufffd\ufffe\uffff\ufeff\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069--\n]",
    regex.VERSION1,
)
_LINE_END = regex.compile(r"\r\n?|[\u2028\u2029\u0085\v\f]")
_SCRIPT = regex.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", regex.DOTALL | regex.IGNORECASE)
_BREAK_TAG = regex.compile(r"</?(?:br|p|div|li|ul|ol|h[1-6])\b[^<>]{0,200}>", regex.IGNORECASE)
_TAG = regex.compile(r"</?[a-zA-Z][^<>]{0,500}>|<!--.*?-->", regex.DOTALL)
_MARKDOWN_LINK = regex.compile(r"!?\[([^\[\]\n]{0,300})\]\((https?://[^\s()]{1,2048}(?:\([^\s()]*\)[^\s()]*)?)\)")
# A link that would act instead of leading somewhere: only its words stay.
_ACTING_LINK = regex.compile(
    r"!?\[([^\[\]\n]{0,300})\]\(\s*(?:javascript|vbscript|data|file)\s*:(?:[^()\n]|\([^()\n]*\)){0,2000}\)",
    regex.IGNORECASE,
)
_MARKDOWN_HEADING = regex.compile(r"^[ ]{0,3}#{1,6}[ \t]+", regex.MULTILINE)
_MARKDOWN_BULLET = regex.compile(r"^[ ]{0,3}[*+-][ \t]+", regex.MULTILINE)
_MARKDOWN_EMPHASIS = regex.compile(r"(\*\*\*|\*\*|__)(?=\S)([^\n]{1,1000}?)(?<=\S)\1")
_MARKDOWN_SINGLE = regex.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s*])\*(?![\w*])")
_MARKDOWN_CODE = regex.compile(r"`{1,3}([^`\n]*)`{1,3}")
_RULE = regex.compile(r"^[ ]*(?:-{3,}|\*{3,}|_{3,})[ ]*$", regex.MULTILINE)
# "jutro.To" is a missing space, though .to is a real domain: a registered name is not written with one capital.
_MISSING_SPACE = regex.compile(r"(?<!\S)([^\s/@.]*\p{Ll}{2}\.)(?=\p{Lu}\p{Ll}*(?![\w./@]))")
_ENTITY = regex.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_RAW_LINK = regex.compile(r"\b(?:https?|ftp)://(?:\S*[^\s.,;:!?)\]”\"'’])?", regex.IGNORECASE)
_PROTOCOL = regex.compile(r"^https?://", regex.IGNORECASE)
_BRACKETED = regex.compile(
    r"\[([^\[\]\n]{1,60})\]|\{+([^{}\n]{1,60})\}+|<([^<>\n/]{1,60})>|(%[A-Z_]{3,}%|%\([a-z_]+\)s)"
)
_SLOT = regex.compile(
    r"\b(?:link|url|adres|tytuł|title|tytul|data|date|name|nazwa|imię|imie|nazwisko|artist|artysta|artystka|wykonawca|"
    r"autor|autorka|author|insert|wstaw|your|twój|twoja|twoje|hashtag|hashtags|placeholder|place|venue|miejsce|city|"
    r"miasto|cena|price|here|tutaj|emoji|cta|platform|platforma|number|numer|handle|text|tekst|time|godzina|book|"
    r"książka|album|song|utwór|track|event|website|strona)\b",
    regex.IGNORECASE,
)
_SHOUTED = regex.compile(r"[\p{Lu}_\s]{3,}")
_FILLER = regex.compile(r"\blorem ipsum\b|\bx{4,}\b|\bTBD\b|\bTODO\b", regex.IGNORECASE)
_LEAKS = regex.compile(
    r"\bas an? (?:ai|artificial)\b|\blanguage model\b|\bmodel(?:em|u)? językow|\bsystem prompt\b|"
    r"\b(?:the|this|your) brief\b(?! (?:history|encounter|moment|time|period))|"
    r"\bbrief(?:ie|u|em|owi)?\s+(?:says|mówi|podaje)\b|"
    r"\b(?:w|z|według) brief(?:ie|u)\b|^\s*(?:rules|zasady|instructions|instrukcje)\s*:\s*\d|"
    r"\bjako (?:ai|sztuczna inteligencja|asystent)\b|\bjson\b|\"variants\"|"
    r"^\s*(?:variant|wariant|version|wersja|option|opcja)\s*(?:nr\s*)?#?\d+\s*[:.)–-](?!\d)|"
    r"^\s*(?:sure|certainly|of course|oczywiście|jasne)[,!. ]+(?:here|oto)\b|"
    r"^\s*(?:here (?:is|are)|here's|oto)\b[^\n]{0,40}\b(?:post|posts|variant|variants|posty|posta|wariant|warianty)\b",
    regex.IGNORECASE | regex.MULTILINE,
)
_WORDS = regex.compile(r"\w+")
_SHINGLE = 7
_SPACES = regex.compile(r"[ \t]+")
_MANY_LINES = regex.compile(r"\n{3,}")
_SPACE_BEFORE_MARK = regex.compile(r"[ \u00a0]+([,.;:!?])(?=\s|$)")
_EMPTY_BRACKETS = regex.compile(r"\(\s*\)|\[\s*\]")
# What pointed at a link that is gone: an arrow or a colon at a line's or a sentence's end, a comma at its start.
_POINTER_LEFT = regex.compile(r"[ \t]*(?:[:→➡👉🔗👇⬇]\uFE0F?[ \t]*)+([.!?,]|$)", regex.MULTILINE)
_MARK_LEFT = regex.compile(r"^[ ]*[,.;:][ ]*", regex.MULTILINE)


def plain(text: str) -> str:
    """The text in NFC without markup, entities and control characters; at most one empty line in a row."""
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), _joined_surrogates(text))
    text = _LINE_END.sub("\n", unicodedata.normalize("NFC", text)).replace("\t", " ")
    text = _CONTROL.sub("", text)
    text = _TAG.sub("", _BREAK_TAG.sub("\n", _SCRIPT.sub("", text)))
    text = _ACTING_LINK.sub(r"\1", text)
    text = _MISSING_SPACE.sub(r"\1 ", _MARKDOWN_LINK.sub(r"\1 \2", text))
    return tidy(outside_links(_RULE.sub("", _MARKDOWN_HEADING.sub("", text)), _without_markdown))


def tidy(text: str) -> str:
    """The text without doubled spaces, spaces at line ends and more than one empty line."""
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def without_foreign_links(text: str, link: str, sources: Iterable[str]) -> tuple[str, bool]:
    """The text without links and e-mail addresses that nobody gave, and whether any was there.

    Given are `link` and whatever links and addresses stand in `sources`. A given link written in another way
    (without https://, with a closing slash) is written as `link` says.
    """
    given = {_essence(span.value): span.value for source in sources for span in _links(source)}
    if link:
        given[_essence(link)] = link
    removed = False
    for span in reversed(_links(text)):
        if _stands_whole(text, span, link):
            continue
        meant = given.get(_essence(span.value), "")
        removed = removed or not meant
        text = text[: span.start] + meant + text[span.end :]
    if not removed:
        return text, False
    text = _SPACE_BEFORE_MARK.sub(r"\1", tidy(_EMPTY_BRACKETS.sub("", text)))
    return tidy(_MARK_LEFT.sub("", _POINTER_LEFT.sub(r"\1", text))), True


def placeholder(text: str, known: str) -> str:
    """The first slot that was never filled, such as `[link]` or `{title}`; empty when there is none.

    `known` is the brief's own words: what stands in brackets there is no slot.
    """
    for match in _BRACKETED.finditer(text):
        inner = next(group for group in match.groups() if group)
        is_slot = _SLOT.search(inner) or _SHOUTED.fullmatch(inner) or match[0].startswith(("{", "%"))
        if is_slot and match[0].casefold() not in known.casefold():
            return match[0]
    filler = _FILLER.search(text)
    return filler[0] if filler and filler[0].casefold() not in known.casefold() else ""


def leak(text: str, instructions: str, known: str) -> str:
    """Words of the instructions, or of a model about itself, that got into the copy; empty when there are none."""
    for match in _LEAKS.finditer(text):
        if match[0].strip().casefold() not in known.casefold():
            return match[0].strip()
    shared = _shingles(text) & _shingles(instructions) - _shingles(known)
    return min(shared) if shared else ""


def _shingles(text: str) -> set[str]:
    words = _WORDS.findall(text.casefold())
    return {" ".join(words[index : index + _SHINGLE]) for index in range(len(words) - _SHINGLE + 1)}


def _stands_whole(text: str, span: Span, link: str) -> bool:
    # The brief's own link may hold characters that the scanner takes for its end.
    end = span.start + len(link)
    follows = text[end : end + 1]
    return bool(link) and text.startswith(link, span.start) and span.end <= end and not follows.isalnum()


def _links(text: str) -> list[Span]:
    """Links and e-mail addresses in order, none overlapping; also what only looks like one (`http://localhost`)."""
    raw = [Span(match.start(), match.end(), match[0]) for match in _RAW_LINK.finditer(text)]
    links: list[Span] = []
    # A proper link stands before the raw one that begins at the same place, and hides it.
    for span in sorted([*find_urls(text, any_domain=True), *find_emails(text), *raw], key=lambda span: span.start):
        if not links or span.start >= links[-1].end:
            links.append(span)
    return links


def _essence(link: str) -> str:
    return _PROTOCOL.sub("", link).removeprefix("www.").rstrip("/").casefold()


def _without_markdown(text: str) -> str:
    text = _MARKDOWN_CODE.sub(r"\1", _MARKDOWN_BULLET.sub("• ", text))
    return _MARKDOWN_SINGLE.sub(r"\1", _MARKDOWN_EMPHASIS.sub(r"\2", text))


def _joined_surrogates(text: str) -> str:
    # JSON may bring halves of a pair apart or alone; alone they cannot be stored or sent.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
