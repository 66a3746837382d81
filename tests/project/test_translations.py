"""Translations are found, kept, compiled and checked without GNU gettext."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

pytestmark = pytest.mark.once

_CODE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
LABEL = _("Send")
MONTH = pgettext("month", "May")
def text(n, name):
    return ngettext("%(n)d post", "%(n)d posts", n) % {"n": n} + _("For {name}").format(name=name)
"""
_TEMPLATE = """{% load i18n %}
  {% if x %}
<p class="it's">{% translate "Hello" %}</p>
    {% endif %}
 {% blocktranslate with who=user count n=rows|length trimmed %}
    One row of {{ who }}
  {% plural %}
    {{ n }} rows of {{ who }}
 {% endblocktranslate %}
"""
_POLISH = {
    'msgid "Send"': 'msgstr "Wyślij"',
    'msgid "May"': 'msgstr "maj"',
    'msgid "Hello"': 'msgstr "Cześć"',
    'msgid "For {name}"': 'msgstr "Dla {name}"',
    'msgid_plural "%(n)d posts"': 'msgstr[0] "jeden wpis"\nmsgstr[1] "%(n)d wpisy"\nmsgstr[2] "%(n)d wpisów"',
    'msgid_plural "%(n)s rows of %(who)s"': (
        'msgstr[0] "Wiersz: %(who)s"\nmsgstr[1] "%(n)s wiersze: %(who)s"\nmsgstr[2] "%(n)s wierszy: %(who)s"'
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with one module and one template, its messages extracted and not yet translated."""
    for room in ("prometheus", "marketing", "providers", "templates"):
        (tmp_path / room).mkdir()
    (tmp_path / "marketing" / "views.py").write_text(_CODE)
    (tmp_path / "templates" / "page.html").write_text(_TEMPLATE)
    call_command("messages", "extract", root=tmp_path, verbosity=0, stdout=_Silence())
    return tmp_path


class _Silence:
    def write(self, _text: str) -> None:
        """Say nothing."""


def _po(project: Path) -> Path:
    return project / "locale" / "pl" / "LC_MESSAGES" / "django.po"


def _translate(project: Path) -> None:
    lines = _po(project).read_text().splitlines()
    done: list[str] = []
    for line in lines:
        if line.startswith("msgstr") and done[-1] in _POLISH:
            done.append(_POLISH[done[-1]])
        elif not line.startswith("msgstr[") or not done[-1].startswith("msgstr["):
            done.append(line)
    _po(project).write_text("\n".join(done) + "\n")


def _run(project: Path, action: str) -> None:
    call_command("messages", action, root=project, stdout=_Silence())


def _change(project: Path, old: str, new: str) -> None:
    text = _po(project).read_text()
    assert old in text
    _po(project).write_text(text.replace(old, new))


def test_finds_what_code_and_templates_say(project: Path) -> None:
    text = _po(project).read_text()
    assert all(line in text for line in _POLISH)


def test_keeps_translations_when_extracting_again(project: Path) -> None:
    _translate(project)
    before = _po(project).read_text()
    _run(project, "extract")
    assert 'msgstr "Wyślij"' in before
    assert _po(project).read_text() == before


def test_drops_what_the_code_lost(project: Path) -> None:
    (project / "templates" / "page.html").unlink()
    _run(project, "extract")
    assert "Hello" not in _po(project).read_text()


def test_whole_translations_pass_the_check(project: Path) -> None:
    _translate(project)
    _run(project, "check")


def test_compiled_translations_speak_polish_with_its_three_plurals(project: Path) -> None:
    _translate(project)
    _run(project, "compile")
    with _po(project).with_suffix(".mo").open("rb") as file:
        polish = gettext.GNUTranslations(file)
    assert [polish.ngettext("%(n)d post", "%(n)d posts", n) for n in (1, 2, 5)] == [
        "jeden wpis",
        "%(n)d wpisy",
        "%(n)d wpisów",
    ]


def test_compiles_only_what_is_newer(project: Path) -> None:
    _run(project, "compile")
    first = _po(project).with_suffix(".mo").stat().st_mtime_ns
    _run(project, "compile")
    assert _po(project).with_suffix(".mo").stat().st_mtime_ns == first


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('msgstr "Cześć"', 'msgstr ""', "'Hello' is not translated"),
        ('msgid "Hello"', 'msgid "Goodbye"', "'Hello' is missing"),
        ('msgid "Hello"', 'msgid "Goodbye"', "'Goodbye' is not in the code any more"),
        ('msgid "Hello"', '#, fuzzy\nmsgid "Hello"', "'Hello' is only guessed"),
        ('"Dla {name}"', '"Dla {imię}"', "'For {name}' must carry exactly {name}"),
        ('"%(n)d wpisów"', '"%(m)d wpisów"', re.escape("must carry exactly %(n)d")),
        ('msgstr[2] "%(n)d wpisów"', "", "needs 3 plural forms|is not translated"),
    ],
)
def test_the_check_refuses_a_gap(project: Path, old: str, new: str, complaint: str) -> None:
    _translate(project)
    _change(project, old, new)
    with pytest.raises(CommandError, match=complaint):
        _run(project, "check")


def test_english_needs_no_catalog() -> None:
    with translation.override("en"):
        assert translation.gettext("release") == "release"
