"""Books as ONIX 3.0 (reference names, schema 3.0, code lists issue 75).

The order of elements is the schema's; nothing is written that the record does not say. What ONIX has no place for, such
as the day on which a record was entered, stays behind.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lxml import etree

from marketing.metadata.books.trade import amount
from marketing.metadata.codelists import QUALIFIERS
from marketing.metadata.text import as_text, texts

NAMESPACE = "http://ns.editeur.org/onix/3.0/reference"
# List 27: a subject of Thema, and its qualifiers by the code's first digit.
SUBJECT_SCHEMES = {"1": "94", "2": "95", "3": "96", "4": "97", "5": "98", "6": "99"}
THEMA, BISAC, KEYWORDS = "93", "10", "20"
_WITH_TAX = frozenset({"02", "04", "42"})
_PENNY = Decimal("0.01")
# Formats of the house as List 150 forms, where a record names none.
_FORMS = {
    "epub": "ED",
    "pdf": "ED",
    "mobi": "ED",
    "ebook": "ED",
    "hardback": "BB",
    "paperback": "BC",
    "audiobook": "AJ",
}
# List 175 for those that a form alone does not tell apart.
_DETAILS = {"epub": "E101", "pdf": "E107", "mobi": "E116", "audiobook": "A103"}


def to_onix(records: Iterable[Mapping[str, Any]], sender: str, sent_at: datetime | None = None) -> bytes:
    """A whole message in UTF-8, valid by the schema for every record that the rules call ready."""
    message = etree.Element("ONIXMessage", nsmap={None: NAMESPACE}, release="3.0")
    header = _add(message, "Header")
    _add(_add(header, "Sender"), "SenderName", sender)
    moment = (sent_at or datetime.now(UTC)).astimezone(UTC)
    _add(header, "SentDateTime", f"{moment:%Y%m%dT%H%M%SZ}")
    used: set[str] = set()
    for number, record in enumerate(records, start=1):
        isbn = "".join(letter for letter in as_text(record.get("isbn13")).strip() if letter.isdigit())
        # A receiver keeps records apart by this; two editions under one ISBN are a fault of the rules' to name.
        reference = isbn if isbn and isbn not in used else f"{isbn or 'record'}-{number}"
        used.add(isbn)
        _product(message, record, reference, isbn)
    return bytes(etree.tostring(message, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def faults(message: bytes) -> list[str]:
    """What the official schema and code lists say against a message; empty when it is valid."""
    import onixcheck

    # The library reads a file's name.
    file = io.BytesIO(message)
    file.name = "message.xml"
    return [f"{one.location}: {one.message}" for one in onixcheck.validate(file)]


def _add(parent: etree._Element, name: str, text: object = None, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, name, attributes)
    if text is not None:
        child.text = str(text)
    return child


def _product(message: etree._Element, record: Mapping[str, Any], reference: str, isbn: str) -> None:
    product = _add(message, "Product")
    _add(product, "RecordReference", reference)
    _add(product, "NotificationType", "02" if as_text(record.get("publishing_status")).strip() == "02" else "03")
    identifier = _add(product, "ProductIdentifier")
    if isbn:
        _add(identifier, "ProductIDType", "15")
        _add(identifier, "IDValue", isbn)
    else:
        _add(identifier, "ProductIDType", "01")
        _add(identifier, "IDTypeName", "record number")
        _add(identifier, "IDValue", reference)
    _descriptive(_add(product, "DescriptiveDetail"), record)
    description = as_text(record.get("description")).strip()
    if description:
        content = _add(_add(product, "CollateralDetail"), "TextContent")
        _add(content, "TextType", "03")
        _add(content, "ContentAudience", "00")
        _add(content, "Text", description, textformat="02" if "<" in description else "06")
    _publishing(_add(product, "PublishingDetail"), record)
    _related(product, record)
    _supply(product, record)


def _descriptive(detail: etree._Element, record: Mapping[str, Any]) -> None:
    _add(detail, "ProductComposition", "00")
    form = as_text(record.get("product_form")).strip() or _FORMS.get(as_text(record.get("format")).strip(), "00")
    _add(detail, "ProductForm", form)
    said = _DETAILS.get(as_text(record.get("format")).strip())
    for code in texts(record.get("product_form_detail")) or ([said] if said and form in {"ED", "AJ"} else []):
        _add(detail, "ProductFormDetail", code)
    for words in texts(record.get("accessibility")):
        feature = _add(detail, "ProductFormFeature")
        _add(feature, "ProductFormFeatureType", "09")
        _add(feature, "ProductFormFeatureValue", "00")
        _add(feature, "ProductFormFeatureDescription", words)
    if series := as_text(record.get("series")).strip():
        collection = _add(detail, "Collection")
        _add(collection, "CollectionType", "10")
        element = _title(collection, "01", "02")
        if part := as_text(record.get("series_number")).strip():
            _add(element, "PartNumber", part)
        _add(element, "TitleText", series)
    element = _title(detail, "01", "01")
    _add(element, "TitleText", as_text(record.get("title")).strip())
    if subtitle := as_text(record.get("subtitle")).strip():
        _add(element, "Subtitle", subtitle)
    if original := as_text(record.get("original_title")).strip():
        _add(_title(detail, "03", "01"), "TitleText", original)
    _contributors(detail, record)
    for role, name in (("01", "language"), ("02", "original_language")):
        if code := as_text(record.get(name)).strip():
            language = _add(detail, "Language")
            _add(language, "LanguageRole", role)
            _add(language, "LanguageCode", code)
    _subjects(detail, record)
    if record.get("adult"):
        audience = _add(detail, "Audience")
        _add(audience, "AudienceCodeType", "01")
        _add(audience, "AudienceCodeValue", "05")


def _title(parent: etree._Element, kind: str, level: str) -> etree._Element:
    detail = _add(parent, "TitleDetail")
    _add(detail, "TitleType", kind)
    element = _add(detail, "TitleElement")
    _add(element, "TitleElementLevel", level)
    return element


def _contributors(detail: etree._Element, record: Mapping[str, Any]) -> None:
    given = [one for one in record.get("contributors") or [] if isinstance(one, dict) and as_text(one.get("name"))]
    for at, one in enumerate(given, start=1):
        contributor = _add(detail, "Contributor")
        _add(contributor, "SequenceNumber", at)
        _add(contributor, "ContributorRole", as_text(one.get("role")) or "Z99")
        _add(contributor, "PersonName", as_text(one.get("name")))
    if not given:
        _add(detail, "NoContributor")


def _subjects(detail: etree._Element, record: Mapping[str, Any]) -> None:
    codes = texts(record.get("thema"))
    main = next((code for code in codes if code[:1] not in QUALIFIERS), "")
    for code in codes:
        subject = _add(detail, "Subject")
        if code == main:
            _add(subject, "MainSubject")
        _add(subject, "SubjectSchemeIdentifier", SUBJECT_SCHEMES.get(code[:1], THEMA))
        _add(subject, "SubjectCode", code)
    for code in texts(record.get("bisac")):
        subject = _add(detail, "Subject")
        _add(subject, "SubjectSchemeIdentifier", BISAC)
        _add(subject, "SubjectCode", code)
    if keywords := texts(record.get("keywords")):
        subject = _add(detail, "Subject")
        _add(subject, "SubjectSchemeIdentifier", KEYWORDS)
        _add(subject, "SubjectHeadingText", "; ".join(keywords))


def _publishing(detail: etree._Element, record: Mapping[str, Any]) -> None:
    publisher = _add(detail, "Publisher")
    _add(publisher, "PublishingRole", "01")
    _add(publisher, "PublisherName", as_text(record.get("publisher")).strip() or "–")
    if country := as_text(record.get("country")).strip().upper():
        _add(detail, "CountryOfPublication", country)
    if status := as_text(record.get("publishing_status")).strip():
        _add(detail, "PublishingStatus", status)
    if day := _day(record.get("publication_date")):
        published = _add(detail, "PublishingDate")
        _add(published, "PublishingDateRole", "01")
        _add(published, "Date", f"{day:%Y%m%d}", dateformat="00")
    rights = _add(detail, "SalesRights")
    _add(rights, "SalesRightsType", "01")
    _add(_add(rights, "Territory"), "RegionsIncluded", "WORLD")


def _related(product: etree._Element, record: Mapping[str, Any]) -> None:
    others = [isbn for isbn in _related_isbns(record) if isbn]
    if not others:
        return
    material = _add(product, "RelatedMaterial")
    for isbn in others:
        related = _add(material, "RelatedProduct")
        _add(related, "ProductRelationCode", "06")
        identifier = _add(related, "ProductIdentifier")
        _add(identifier, "ProductIDType", "15")
        _add(identifier, "IDValue", isbn)


def _related_isbns(record: Mapping[str, Any]) -> Iterator[str]:
    found = record.get("related_formats")
    for one in found if isinstance(found, list) else []:
        isbn = one.get("isbn13") if isinstance(one, dict) else one
        yield "".join(letter for letter in as_text(isbn) if letter.isdigit())


def _supply(product: etree._Element, record: Mapping[str, Any]) -> None:
    supply = _add(product, "ProductSupply")
    _add(_add(_add(supply, "Market"), "Territory"), "RegionsIncluded", "WORLD")
    detail = _add(supply, "SupplyDetail")
    supplier = _add(detail, "Supplier")
    _add(supplier, "SupplierRole", "09")
    _add(supplier, "SupplierName", as_text(record.get("publisher")).strip() or "–")
    _add(detail, "ProductAvailability", "10" if as_text(record.get("publishing_status")).strip() == "02" else "20")
    price = amount(record.get("price"))
    if price is None:
        _add(detail, "UnpricedItemType", "02")
        return
    priced = _add(detail, "Price")
    kind = as_text(record.get("price_type")).strip() or "01"
    _add(priced, "PriceType", kind)
    _add(priced, "PriceAmount", price.quantize(_PENNY))
    rate = amount(record.get("tax_rate"))
    if rate is not None and kind in _WITH_TAX:
        _tax(priced, price, rate)
    if currency := as_text(record.get("currency")).strip().upper():
        _add(priced, "CurrencyCode", currency)
    _add(_add(priced, "Territory"), "RegionsIncluded", "WORLD")


def _tax(priced: etree._Element, price: Decimal, rate: Decimal) -> None:
    """The parts of a price that includes tax; together they are the price to the last grosz."""
    net = (price / (1 + rate / 100)).quantize(_PENNY, ROUND_HALF_UP)
    tax = _add(priced, "Tax")
    _add(tax, "TaxType", "01")
    _add(tax, "TaxRatePercent", rate)
    _add(tax, "TaxableAmount", net)
    _add(tax, "TaxAmount", price.quantize(_PENNY) - net)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(as_text(value))
    except ValueError:
        return None
