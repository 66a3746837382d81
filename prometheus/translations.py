"""Translations without GNU gettext: found in the code, merged into `.po` files, compiled and checked by Babel."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOMS = ("prometheus", "marketing", "providers", "templates")
_TEXTS = {".html", ".txt"}
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Dates and versions would change the file at every run and say nothing.
_NOISE = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator|Language-Team):.*\n',
    re.MULTILINE,
)
_NAMED = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|(?<!%)%[sd]")

_Key = tuple[str | None, str]


def po_file(root: Path, language: str) -> Path:
    """Where a language's translations are kept, below the project's root."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def _sources(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".py", *_TEXTS} and "migrations" not in path.parts:
                yield path


def _as_python(path: Path) -> bytes:
    """A file's bytes as Babel's reader of Python takes them; of a template only its messages remain."""
    if path.suffix == ".py":
        return path.read_bytes()
    from django.utils.translation.template import templatize

    lines = templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines()
    # Indentation means nothing in a template, but stops Python's tokenizer.
    return "\n".join(line.lstrip() for line in lines).encode()


def found_messages(root: Path, language: str) -> Catalog:
    """Every message in the code and templates below `root`, in an empty catalog of `language`."""
    catalog = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for path in _sources(root):
        source = io.BytesIO(_as_python(path))
        for _line, texts, comments, context in extract("python", source, _KEYWORDS, ["Translators:"]):
            catalog.add(texts, auto_comments=comments, context=context)
    return catalog


def _stored(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _replace(path: Path, content: bytes) -> None:
    """Exchange a file in one step, so that no other process reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def merge(root: Path, language: str) -> Catalog:
    """Bring a language's `.po` file in line with the code: translations stay, what the code lost goes. Returns it."""
    path = po_file(root, language)
    catalog = _stored(path, language)
    catalog.update(found_messages(root, language), no_fuzzy_matching=True)
    catalog.header_comment = f"# Translations of Prometheus AI: {language}. `make messages` keeps this file in order."
    catalog.project, catalog.version = "Prometheus AI", ""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=100, no_location=True, sort_output=True, ignore_obsolete=True)
    _replace(path, _NOISE.sub("", buffer.getvalue().decode()).rstrip("\n").encode() + b"\n")
    return catalog


def compile_catalogs(root: Path) -> list[Path]:
    """Compile every `.po` file that is newer than its `.mo`; returns what was written."""
    written = []
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        buffer = io.BytesIO()
        write_mo(buffer, _stored(source, source.parts[-3]))
        _replace(target, buffer.getvalue())
        written.append(target)
    return written


def _key(message: Message) -> _Key:
    return (message.context, message.id if isinstance(message.id, str) else message.id[0])


def _by_key(catalog: Catalog) -> dict[_Key, Message]:
    return {_key(message): message for message in catalog if message.id}


def _forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else [form or "" for form in text]


def _placeholders(text: str) -> list[str]:
    return sorted(set(_NAMED.findall(text)))


def _fault(message: Message, plurals: int) -> str | None:
    """What is wrong with one translation, if anything."""
    forms = _forms(message.string)
    if message.fuzzy:
        return "is only guessed (fuzzy)"
    if len(forms) != (plurals if message.pluralizable else 1):
        return f"needs {plurals} plural forms"
    if not all(form.strip() for form in forms):
        return "is not translated"
    wanted = _placeholders(_forms(message.id)[-1])
    # The form for exactly one may say so in words.
    tail = forms[1:] if message.pluralizable else forms
    if any(_placeholders(form) != wanted for form in tail) or not set(_placeholders(forms[0])) <= set(wanted):
        return f"must carry exactly {', '.join(wanted) or 'no placeholder'}"
    return None


def faults(root: Path, language: str) -> list[str]:
    """One line for each message that is missing, left over, untranslated or at odds with its placeholders."""
    stored = _stored(po_file(root, language), language)
    wanted, present = _by_key(found_messages(root, language)), _by_key(stored)
    lines = [f"{key[1]!r} is missing" for key in wanted if key not in present]
    lines += [f"{key[1]!r} is not in the code any more" for key in present if key not in wanted]
    lines += [f"{_key(message)[1]!r} is not in the code any more" for message in stored.obsolete.values()]
    for key, message in present.items():
        if key in wanted and wanted[key].pluralizable != message.pluralizable:
            lines.append(f"{key[1]!r} has changed between singular and plural")
        elif key in wanted and (fault := _fault(message, stored.num_plurals)):
            lines.append(f"{key[1]!r} {fault}")
    return sorted(lines)
