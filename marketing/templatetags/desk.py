"""Small pieces that templates share: icons of the sprite and a post's text with its links and tags marked."""

from __future__ import annotations

import re

from django import template
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from marketing.safety.markup import shown_html, shown_markdown

register = template.Library()

PLATFORM_ICONS = frozenset(
    ("x", "facebook", "instagram", "tiktok", "youtube", "linkedin", "threads", "bluesky", "mastodon", "pinterest")
)
# What every platform colours in a post: addresses, tags and names.
_MARKED = re.compile(r"(https?://[^\s<]+[^\s<.,;:!?)\]»”]|(?<![\w&])#[\w_]+|(?<![\w&])@[\w.]+)")


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A decorative icon; the words stand beside it."""
    return format_html(
        '<svg class="ico" width="{}" height="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        size,
        size,
        static("vendor/tabler-icons/icons.svg"),
        name,
    )


@register.simple_tag
def platform_icon(slug: str, size: int = 20) -> SafeString:
    """A platform's sign, or a plain one for a platform without."""
    brand = slug.removeprefix("tags-").removesuffix("-video")
    if brand in PLATFORM_ICONS:
        return icon(f"brand-{brand}", size)
    return icon({"newsletter": "mail", "tags-kdp": "tags"}.get(slug, "speakerphone"), size)


# For what a model or a person wrote as markup: `{{ text|markdown }}` and `{{ text|safe_html }}` show nothing that acts.
register.filter("markdown", shown_markdown)
register.filter("safe_html", shown_html)


@register.filter
def post_text(text: str) -> SafeString:
    """A post's text, escaped, with addresses, tags and names marked as platforms do."""
    pieces = []
    for place, piece in enumerate(_MARKED.split(text)):
        escaped = conditional_escape(piece)
        # Every second piece is what the expression caught.
        pieces.append(format_html('<span class="post-link">{}</span>', escaped) if place % 2 else escaped)
    return mark_safe("".join(pieces))  # noqa: S308 - every piece was escaped above
