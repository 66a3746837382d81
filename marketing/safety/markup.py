"""HTML and Markdown that a model or a person wrote, made fit to be shown: a few harmless tags and nothing that acts."""

from __future__ import annotations

import html as entities

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "hr", "i", "ins", "li", "ol", "p"),
    *("pre", "s", "small", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"scope"},
}
_SCHEMES = {"http", "https", "mailto"}
# Raw HTML in Markdown is text; what it makes is cleaned all the same.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")


def clean_html(html: str) -> str:
    """The HTML without scripts, styles, forms, frames, pictures, handlers and links that are no links."""
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )


def shown_html(html: str) -> SafeString:
    """`clean_html` for a template."""
    return mark_safe(clean_html(html))  # noqa: S308 - it was cleaned right here


def shown_markdown(text: str) -> SafeString:
    """Markdown as harmless HTML for a template."""
    return shown_html(_MARKDOWN.render(text))


def plain_text(html: str) -> str:
    """What is left of HTML without any tag, with its entities resolved once."""
    return entities.unescape(nh3.clean(html, tags=set(), attributes={}))
