"""Books out of ONIX 3 messages: reference names or short tags, a product at a time, without entities and networks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from lxml import etree
from stdnum import isbn as isbns

from marketing.metadata.books.onix import BISAC, KEYWORDS, SUBJECT_SCHEMES, THEMA
from marketing.metadata.books.trade import amount

# A format in the house's words for each product form, for reading.
_FORMATS = {"BB": "hardback", "BC": "paperback", "AJ": "audiobook", "AN": "audiobook", "AC": "audiobook"}
_DETAIL_FORMATS = {"E101": "epub", "E107": "pdf", "E116": "mobi", "A103": "audiobook"}
_DELETION, _ACCESSIBILITY = "05", "09"
_XMLNS = re.compile(r'\sxmlns(?::\w+)?="[^"]*"')
_XS = {"xs": "http://www.w3.org/2001/XMLSchema"}


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a message: where it begins, and its record; a notice of deletion is one `deletes` is true of."""

    line: int
    record: dict[str, Any]
    deletes: bool = False


def from_onix(message: bytes) -> list[dict[str, Any]]:
    """The records of an ONIX 3 message. Raises ValueError with a sentence when it is none."""
    return [product.record for product in products(message)]


def products(message: bytes) -> Iterator[Product]:
    """The products of an ONIX 3 message, each let go before the next. Raises ValueError with a sentence."""
    events = etree.iterparse(
        io.BytesIO(message),
        events=("end",),
        tag=("{*}Product", "{*}product"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from _products(events)
    except etree.XMLSyntaxError as error:
        text = f"The file is no well-formed XML: {error}"
        raise ValueError(text) from error


def _products(events: Any) -> Iterator[Product]:
    seen = False
    for _event, element in events:
        if not seen:
            _refuse_strangers(element.getroottree().getroot())
            seen = True
        line = element.sourceline or 0
        _use_reference_names(element)
        yield Product(line, _record(element), element.findtext("NotificationType") == _DELETION)
        element.clear()
        # The shells of the products before would add up.
        while element.getprevious() is not None:
            del element.getparent()[0]
    if not seen:
        _refuse_strangers(events.root)


def _refuse_strangers(root: etree._Element) -> None:
    """Raises ValueError unless a message of ONIX 3 begins here, with no entities of its own."""
    if etree.QName(root).localname not in {"ONIXMessage", "ONIXmessage"}:
        text = "The file is no ONIX 3.0 message: its first element is not ONIXMessage."
        raise ValueError(text)
    kind = root.getroottree().docinfo.internalDTD
    if kind is not None and any(True for _ in kind.iterentities()):
        text = "The file declares entities of its own, which ONIX does not need. Export it again without them."
        raise ValueError(text)
    if str(root.get("release") or "3").startswith("2"):
        text = "The file is ONIX 2.1, which is no longer maintained. Export it as ONIX 3.0."
        raise ValueError(text)


def _use_reference_names(product: etree._Element) -> None:
    names = reference_names()
    for element in product.iter("*"):
        name = str(element.tag).rpartition("}")[2]
        element.tag = names.get(name, name)


@cache
def reference_names() -> Mapping[str, str]:
    """The reference name of each short tag, from the schema of the short tags that the validator carries."""
    schema = files("onixcheck") / "schema" / "xsd3.0" / "ONIX_BookProduct_3.0_short.xsd"
    tree = etree.fromstring(schema.read_bytes())
    found: dict[str, str] = {}
    for element in tree.iterfind("xs:element", _XS):
        name = element.xpath(".//xs:attribute[@name='refname']//xs:enumeration/@value", namespaces=_XS)
        if name and element.get("name"):
            found[str(element.get("name"))] = str(name[0])
    return found


def _record(product: etree._Element) -> dict[str, Any]:
    def said(path: str, root: etree._Element = product) -> str:
        return str(root.findtext(path) or "").strip()

    form, details = said(".//ProductForm"), [str(one.text) for one in product.iterfind(".//ProductFormDetail")]
    record: dict[str, Any] = {
        "title": _title_of(product, "01"),
        "subtitle": said("DescriptiveDetail/TitleDetail/TitleElement/Subtitle"),
        "series": said(".//Collection//TitleText"),
        "series_number": said(".//Collection//PartNumber"),
        "original_title": _title_of(product, "03"),
        "isbn13": _isbn(product),
        # 00 is "not said".
        "product_form": "" if form == "00" else form,
        "product_form_detail": details,
        "format": next((_DETAIL_FORMATS[one] for one in details if one in _DETAIL_FORMATS), _FORMATS.get(form, "")),
        "accessibility": [
            said("ProductFormFeatureDescription", one)
            for one in product.iterfind(".//ProductFormFeature")
            if said("ProductFormFeatureType", one) == _ACCESSIBILITY and said("ProductFormFeatureDescription", one)
        ],
        "publisher": said(".//PublisherName").removeprefix("–"),
        "country": said(".//CountryOfPublication"),
        "contributors": [
            {"role": said("ContributorRole", one), "name": _name(one)}
            for one in product.iterfind("DescriptiveDetail/Contributor")
        ],
        "language": _coded(product, "DescriptiveDetail/Language", "LanguageRole", "01", "LanguageCode"),
        "original_language": _coded(product, "DescriptiveDetail/Language", "LanguageRole", "02", "LanguageCode"),
        "publication_date": _dashed(_coded(product, ".//PublishingDate", "PublishingDateRole", "01", "Date")),
        "publishing_status": said(".//PublishingStatus"),
        "description": _description(product),
        "adult": _coded(product, ".//Audience", "AudienceCodeType", "01", "AudienceCodeValue") == "05",
        "related_formats": [str(one.text) for one in product.iterfind(".//RelatedProduct/ProductIdentifier/IDValue")],
    }
    return record | _subjects_of(product) | _price_of(product)


def _isbn(product: etree._Element) -> str:
    """The ISBN-13: as such, as the GTIN that it also is, or out of an ISBN-10 (list 5: 15, 03, 02)."""
    path, kind, value = "ProductIdentifier", "ProductIDType", "IDValue"
    for code in ("15", "03"):
        if found := _coded(product, path, kind, code, value):
            return found.replace("-", "").replace(" ", "")
    old = _coded(product, path, kind, "02", value)
    return str(isbns.to_isbn13(old)).replace("-", "") if isbns.is_valid(old) else ""


def _name(contributor: etree._Element) -> str:
    """A name as it is read aloud, however the sender split it."""
    for path in ("PersonName", "CorporateName"):
        if found := str(contributor.findtext(path) or "").strip():
            return found
    parts = [str(contributor.findtext(part) or "").strip() for part in ("NamesBeforeKey", "PrefixToKey", "KeyNames")]
    if any(parts):
        return " ".join(part for part in parts if part)
    last, _comma, first = str(contributor.findtext("PersonNameInverted") or "").partition(",")
    return f"{first.strip()} {last.strip()}".strip()


def _description(product: etree._Element) -> str:
    """The description, else the short one (list 153: 03, 02); XHTML inside the element becomes text with markup."""
    for code in ("03", "02"):
        for content in product.iterfind(".//TextContent"):
            text = content.find("Text")
            if content.findtext("TextType") == code and text is not None:
                inner = "".join(etree.tostring(one, encoding="unicode") for one in text)
                return (escape(text.text or "", quote=False) if inner else text.text or "").strip() + _XMLNS.sub(
                    "", inner
                ).strip()
    return ""


def _title_of(product: etree._Element, kind: str) -> str:
    for detail in product.iterfind("DescriptiveDetail/TitleDetail"):
        if detail.findtext("TitleType") == kind:
            element = detail.find("TitleElement")
            if element is not None:
                prefix, rest = element.findtext("TitlePrefix"), element.findtext("TitleWithoutPrefix")
                return str(element.findtext("TitleText") or f"{prefix or ''} {rest or ''}").strip()
    return ""


def _coded(product: etree._Element, path: str, code: str, wanted: str, value: str) -> str:
    for element in product.iterfind(path):
        if element.findtext(code) == wanted:
            return str(element.findtext(value) or "").strip()
    return ""


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == len("20260101") and day.isdigit() else day


def _subjects_of(product: etree._Element) -> dict[str, Any]:
    schemes = {THEMA, *SUBJECT_SCHEMES.values()}
    found: dict[str, Any] = {"thema": [], "bisac": [], "keywords": []}
    for subject in product.iterfind("DescriptiveDetail/Subject"):
        scheme, code = subject.findtext("SubjectSchemeIdentifier"), str(subject.findtext("SubjectCode") or "").strip()
        if scheme in schemes:
            found["thema"].append(code)
        elif scheme == BISAC:
            found["bisac"].append(code)
        elif scheme == KEYWORDS:
            words = str(subject.findtext("SubjectHeadingText") or "").split(";")
            found["keywords"] += [word.strip() for word in words if word.strip()]
    return found


def _price_of(product: etree._Element) -> dict[str, Any]:
    price = product.find(".//SupplyDetail/Price")
    if price is None:
        return {"price": None, "currency": "", "price_type": "", "tax_rate": None}
    rate = amount(price.findtext("Tax/TaxRatePercent"))
    sum_ = amount(price.findtext("PriceAmount"))
    return {
        "price": float(sum_) if sum_ is not None else None,
        "currency": str(price.findtext("CurrencyCode") or ""),
        "price_type": str(price.findtext("PriceType") or ""),
        "tax_rate": int(rate) if rate is not None and rate == int(rate) else float(rate) if rate is not None else None,
    }
