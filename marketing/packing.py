"""All texts of a whole campaign as one archive: each in the form in which its tool takes it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from marketing import cards, exporting, mailing
from marketing.models import Variant

_FOLDERS = {"social-posts": "posts", "ad-copy": "ads", "email-templates": "emails", "tags": "tags"}
# Archives carry no time zone; a fixed moment makes the same texts the same bytes.
_MOMENT = (2026, 1, 1, 0, 0, 0)


def packed(variants: Iterable[Variant]) -> bytes:
    """A ZIP of the texts. An ad that may not go out stays out, and a note says so."""
    written = io.BytesIO()
    kept_back: list[str] = []
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for variant in variants:
            card = cards.variant_card(variant)
            name = _name(variant)
            if card.kept_back:
                kept_back.append(name)
                continue
            for ending, content in _files(card):
                _put(archive, f"{name}.{ending}", content)
        if kept_back:
            words = _("These ads do not fit yet, or claim something that nothing bears out. Mend them on their page:")
            _put(archive, _("kept back") + ".txt", "\n".join([words, "", *kept_back]).encode())
    return written.getvalue()


def _name(variant: Variant) -> str:
    folder = _FOLDERS.get(variant.root.content_type, variant.root.content_type)
    return f"{variant.language}/{folder}/{variant.platform}-{variant.position}"


def _files(card: cards.VariantCard) -> Iterator[tuple[str, bytes]]:
    variant = card.variant
    if card.sheet and card.sheet.is_mail:
        mail = mailing.laid_out(variant)
        yield "html", mail.html.encode()
        yield "eml", mailing.as_eml(mail, str(variant.root.brief.get("sender") or ""))
        return
    yield "txt", card.plain.encode()
    if card.sheet and card.sheet.is_ad:
        yield "csv", exporting.as_csv(variant).encode()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
