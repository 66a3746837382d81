"""Cleaning one value of a sheet and telling what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from marketing.content.brief import Voice
from marketing.content.cleaning import leak, placeholder, plain, without_foreign_links
from marketing.content.counting import count
from marketing.content.grounding import Block, Source, ground, open_claims
from marketing.content.grounding.words import folded
from marketing.content.policies import broken, formula_sign
from marketing.content.sheets.table import Sheet, SheetField
from marketing.content.social_composing import shorten_words
from marketing.content.typography import polish

_NUMBERING = regex.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+(?=\D)")
_QUOTED_WHOLE = regex.compile(r"^[\"„“](?P<inner>[^\"„”“]*)[\"”“]$")
_EMOJI = regex.compile(r"(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\uFE0F|\u200D)+")
_NOT_IN_PATH = regex.compile(r"[^\p{L}\p{Nd}]+")
_LINE = regex.compile(r"\s+")
_SENTENCES = regex.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Judge:
    """What every value of a sheet is held against. `known` is all that the brief says, `told` the instructions."""

    shown: Sheet
    language: str
    known: str
    told: str
    sources: tuple[Source, ...]
    strict: bool
    voice: Voice | None = None

    def cleaned(self, field: SheetField, raw: str) -> tuple[str, bool]:
        """The value as it may be stored, and whether a link was taken out of it."""
        text = plain(raw)
        if not field.long:
            text = _LINE.sub(" ", text).strip()
        text = _NUMBERING.sub("", text)
        if whole := _QUOTED_WHOLE.match(text):
            text = whole["inner"].strip()
        text, removed = without_foreign_links(
            text, "", [source.text for source in self.sources if source.name != "link"]
        )
        for letter in field.forbidden:
            text = text.replace(letter, "")
        if not field.emoji or (self.voice and self.voice.emoji == "none"):
            text = _EMOJI.sub("", text)
        text = _LINE.sub(" ", text).strip() if not field.long else text.strip()
        if field.path:
            return _NOT_IN_PATH.sub("-", text).strip("-"), removed
        return (polish(text) if self.language == "pl" else text), removed

    def fault(self, field: SheetField, text: str) -> str:
        """Why a cleaned value cannot be used, for the model to act on; empty when it can."""
        if not any(letter.isalnum() for letter in text):
            return "is empty"
        if slot := placeholder(text, self.known):
            return f"still has the placeholder {slot}"
        if words := leak(text, self.told, self.known):
            return f'speaks about the task ("{words}")'
        if over := self.overrun(field, text):
            return f"is {over} over {field.limit.max}"
        if self.shown.kind == "ad-copy" and (sign := formula_sign(text)):
            return f'begins with "{sign}", which spreadsheets run as a formula; begin with a word'
        if word := self.banned(text):
            return f'uses the word "{word}", which the brand voice avoids'
        if code := broken(self.shown, field.name, text):
            return f"breaks the rule {code}"
        return ""

    def overrun(self, field: SheetField, text: str) -> int:
        """By how much a value is over its field's limit, proven or not."""
        most = field.limit.max
        return 0 if most is None else max(0, count(field.limit.counting, text) - most)

    def unfounded(self, text: str) -> str:
        """The first claim of a value that the brief does not bear out; empty where nobody asks."""
        if not self.strict:
            return ""
        found = open_claims(ground([Block("", 0, text)], self.sources))
        return str(found[0][1]["text"]) if found else ""

    def banned(self, text: str) -> str:
        """A word that the brand voice avoids."""
        said = folded(text)
        return next((word for word in (self.voice.banned_words if self.voice else ()) if folded(word) in said), "")

    def shortened(self, field: SheetField, text: str) -> str:
        """A value cut to fit: a long one at a sentence's end, a short one at a word's; empty when nothing is left."""

        def has_room(part: str) -> bool:
            return not self.overrun(field, part)

        if field.long:
            kept = ""
            for sentence in _SENTENCES.split(text):
                longer = f"{kept} {sentence}".strip()
                if not has_room(longer):
                    break
                kept = longer
            if kept:
                return kept
        return shorten_words(text, has_room)
