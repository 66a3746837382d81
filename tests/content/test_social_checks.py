"""What a model's answer must be before a person sees it, and what is mended."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.content.base import Part, Piece
from marketing.content.links import find_hashtags, find_urls
from marketing.content.measure import measure
from marketing.content.platforms import platform, platforms
from marketing.content.social_posts import SocialPosts
from providers.errors import AnswerRejectedError
from tests.content.briefs import LINK, UNHURRIED, brief, lines

_POST = "Nowa płyta, która zaczyna się od ciszy, kończy na parkiecie."
_OTHER = "Dziesięć piosenek nagranych na taśmie w jednym gdańskim studiu."


def _answer(*texts: str, title: str = "", hashtags: list[str] | None = None) -> str:
    variants = [{"title": title, "text": text, "hashtags": hashtags or []} for text in texts]
    return json.dumps({"variants": variants}, ensure_ascii=False)


def _check(
    answer: str, slug: str = "x", *, count: int = 1, last_try: bool = False, **changes: Any
) -> tuple[Piece, ...]:
    given_brief = brief(platforms=[slug], variants=count, **changes)
    (part,) = SocialPosts().parts(given_brief)
    return SocialPosts().check(given_brief, part, answer, last_try=last_try)


def _reason(answer: str, slug: str = "x", *, count: int = 1, last_try: bool = False, **changes: Any) -> str:
    with pytest.raises(AnswerRejectedError) as caught:
        _check(answer, slug, count=count, last_try=last_try, **changes)
    return caught.value.detail


def test_takes_a_clean_answer_and_adds_link_and_wanted_hashtag() -> None:
    (piece,) = _check(_answer(_POST, hashtags=["LunaRey"]))
    assert piece == Piece(f"{_POST}\n\n{LINK}\n\n#nowamuzyka #LunaRey", "", ())


@pytest.mark.parametrize(
    "wrap",
    [
        "```json\n{}\n```",
        "Oto posty:\n\n{}\n\nDaj znać, czy poprawić.",
        '<think>{{"x": 1}}</think>{}',
        "```\n{}\n```\nMiłego dnia",
    ],
)  # fmt: skip
def test_digs_the_object_out_of_its_wrapping(wrap: str) -> None:
    (piece,) = _check(wrap.replace("{}", _answer(_POST)).replace("{{", "{").replace("}}", "}"))
    assert piece.text.startswith(_POST)
    assert "repaired" in piece.notes


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps([{"text": _POST}]),
        json.dumps({"text": _POST}),
        '{"variants": [{"text": "' + _POST + '", "hashtags": [],},]}',
        json.dumps({"variants": [{"text": _POST, "title": None, "hashtags": "#muzyka #zima"}]}),
    ],
)
def test_understands_near_misses_of_the_shape(answer: str) -> None:
    assert _check(answer)[0].text.startswith(_POST)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_POST, "prose, not JSON"),
        ("", "empty"),
        ('{"variants": [{"text": "Nowa', "ends too early"),
        ('{"posts": []}', 'lacks "variants"'),
        ('{"variants": [{"txt": "a"}]}', "variants.0.text"),
        ('{"variants": "brak"}', "variants"),
        ("[" * 100_000, "not JSON"),
        ("x" * 300_000, "too long"),
    ],
)
def test_refuses_what_is_not_the_asked_object(answer: str, reason: str) -> None:
    assert reason in _reason(answer)


def test_cuts_surplus_variants() -> None:
    assert len(_check(_answer(_POST, _OTHER))) == 1


def test_refuses_too_few_variants() -> None:
    assert _reason(_answer(_POST), count=2) == "The answer has 1 variants, 2 were asked for."


def test_names_the_exact_overrun() -> None:
    assert "variant 2 is 17 over 280" in _reason(_answer(_POST, _long(297)), count=2, link="")


def test_names_every_fault_at_once() -> None:
    reason = _reason(_answer(_long(281), "Kup teraz [link] i słuchaj w domu."), count=2, link="")
    assert "variant 1 is 1 over 280; variant 2 still has the placeholder [link]" in reason


def test_counts_a_limit_in_the_platforms_own_way() -> None:
    text = "Płyta jest już w sklepie. " + "🎧" * 128
    assert "is 2 over 280" in _reason(_answer(text), link="")
    assert _check(_answer(text), "bluesky", link="")


def test_shortens_at_a_sentence_on_the_last_try() -> None:
    text = f"{_POST} {_OTHER} " + "To zdanie jest już zbędne i ciągnie się bez potrzeby dalej. " * 4
    (piece,) = _check(_answer(text), last_try=True)
    assert "shortened" in piece.notes
    assert LINK in piece.text
    assert piece.text.split("\n\n")[0].endswith(".")
    assert not measure(platform("x"), "", piece.text).over


def test_does_not_shorten_to_less_than_half() -> None:
    text = _POST + " " + "słowo " * 80
    assert "over 280" in _reason(_answer(text), last_try=True)


def test_never_shortens_inside_a_link() -> None:
    text = "Krótko i na temat, od razu z adresem płyty i z kilkoma słowami o nagraniach na taśmie w Gdańsku. " * 2
    (piece,) = _check(_answer(text + LINK + " " + "bardzo długi ogon zdania " * 4), last_try=True)
    assert piece.text.count("https://") == piece.text.count(LINK) == 1


def test_refuses_another_language() -> None:
    assert "variant 1 is not in Polish" in _reason(_answer("This is the new record, and it starts with silence."))
    assert "variant 1 is not in English" in _reason(_answer(_POST), language="en")


def test_removes_a_link_that_nobody_gave() -> None:
    (piece,) = _check(_answer(f"{_POST} Słuchaj: https://zly.example/x"))
    assert "zly.example" not in piece.text
    assert "link_removed" in piece.notes
    assert LINK in piece.text


@pytest.mark.parametrize("link", ["www.zly.pl", "zly.pl/a", "http://localhost/x", "biuro@zly.pl", LINK + "x"])
def test_no_form_of_an_invented_link_stays(link: str) -> None:
    (piece,) = _check(_answer(f"{_POST} {link} warto."), link="")
    assert link not in piece.text


def test_writes_the_briefs_link_as_given() -> None:
    (piece,) = _check(_answer(f"{_POST} hardban.pl/a/"), link="https://hardban.pl/a")
    assert piece.text.count("https://hardban.pl/a") == 1
    assert "hardban.pl/a/" not in piece.text


def test_keeps_links_that_stand_in_the_facts() -> None:
    (piece,) = _check(_answer(f"{_POST} Bilety: bilety.hardban.pl"), facts=["Bilety na bilety.hardban.pl"])
    assert "bilety.hardban.pl" in piece.text


def test_a_missing_space_is_not_taken_for_a_link() -> None:
    (piece,) = _check(_answer("Nowa płyta wychodzi już jutro.To będzie piękny wieczór."))
    assert "jutro. To będzie" in piece.text
    assert "link_removed" not in piece.notes


def test_adds_no_link_where_it_cannot_be_clicked() -> None:
    assert LINK not in _check(_answer(_POST), "instagram")[0].text


def test_leaves_the_link_out_when_it_does_not_fit() -> None:
    (piece,) = _check(_answer(_long(270)), link="https://hardban.pl/a")
    assert "hardban" not in piece.text
    assert "link_left_out" in piece.notes


@pytest.mark.parametrize(
    "text",
    ["Kup tutaj: [link] i słuchaj.", "Premiera {title} już jutro w sklepach.", "Nowość od <artist> w sklepach.",
     "Lorem ipsum, czyli nowa płyta.", "Posłuchaj [WSTAW NAZWĘ] jeszcze dziś.", "Cześć {{imię}}, nowa płyta!"],
)  # fmt: skip
def test_refuses_leftover_placeholders(text: str) -> None:
    assert "placeholder" in _reason(_answer(text))


def test_brackets_of_the_brief_are_no_placeholder() -> None:
    (piece,) = _check(_answer("Nowa płyta „Cisza [Live]” już w sklepach."), title="Cisza [Live]")
    assert "[Live]" in piece.text


@pytest.mark.parametrize(
    "text",
    [
        "Jako model językowy nie mogę znać daty, ale płyta jest piękna.",
        "Wariant 1: Nowa płyta już w piątek, posłuchaj.",
        "Oto trzy posty, o które prosisz. Nowa płyta!",
        "Korzystasz tylko z tego, co stoi w briefie. Nowa płyta już jest.",
    ],
)
def test_refuses_words_about_the_task(text: str) -> None:
    assert "speaks about the task" in _reason(_answer(text))


def test_words_of_the_brief_are_no_leak() -> None:
    (piece,) = _check(_answer("„Jako model językowy” to nowa powieść o maszynach."), title="Jako model językowy")
    assert "powieść" in piece.text


def test_a_version_number_is_no_label_of_a_variant() -> None:
    assert _check(_answer("Wersja 2.0 tej płyty brzmi ciszej i bliżej."))[0].text.startswith("Wersja 2.0")


def test_refuses_variants_that_are_nearly_the_same() -> None:
    reason = _reason(_answer(_POST, _POST.replace("Nowa", "Świeża")), count=2)
    assert "variants 1 and 2 are nearly the same" in reason


@pytest.mark.parametrize("text", ["", "   \n", "🎧🎧", "https://zly.pl", "#muzyka #zima"])
def test_refuses_empty_text(text: str) -> None:
    assert "variant 1 is empty" in _reason(_answer(text))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("**Nowa płyta** i <b>nowe</b> brzmienie &amp; nic więcej", "Nowa płyta i\u00a0nowe brzmienie & nic więcej"),
        ("<script>alert(1)</script>Nowa płyta już w piątek", "Nowa płyta już w\u00a0piątek"),
        ("Nowa\x00 płyta\u200b już\x1b w piątek", "Nowa płyta już w\u00a0piątek"),
        ("# Nowa płyta\n- raz o miłości\n- dwa o śmierci", "Nowa płyta\n• raz o\u00a0miłości\n• dwa o\u00a0śmierci"),
        ("&lt;img src=x onerror=alert(1)&gt;Nowa płyta już jest", "Nowa płyta już jest"),
    ],
)
def test_strips_markup_and_control_characters(text: str, printed: str) -> None:
    assert _check(_answer(text), link="", hashtags=[])[0].text == printed


def test_mends_halves_of_characters() -> None:
    answer = '{"variants": [{"text": "Nowa p\\u0142yta \\ud83c\\udfa7 ju\\u017c \\ud83c w pi\\u0105tek"}]}'
    assert _check(answer, link="", hashtags=[])[0].text == "Nowa płyta 🎧 już w\u00a0piątek"


def test_drops_surplus_hashtags_the_models_first() -> None:
    (piece,) = _check(_answer(_POST, hashtags=list("abcdefg")), "instagram", hashtags=["zima", "jazz"])
    assert [span.value for span in find_hashtags(piece.text)] == ["zima", "jazz", "a", "b", "c"]
    assert "hashtags_dropped" in piece.notes


def test_turns_surplus_hashtags_in_the_text_into_words() -> None:
    (piece,) = _check(_answer("Nowa #płyta na #zimę i na #lato."), "threads", hashtags=[])
    assert piece.text.startswith("Nowa #płyta na zimę i\u00a0na lato.")
    assert not measure(platform("threads"), "", piece.text).over


def test_does_not_repeat_hashtags_of_the_text() -> None:
    (piece,) = _check(_answer(f"{_POST}\n\n#NowaMuzyka #zima", hashtags=["zima"]))
    assert piece.text.endswith("#nowamuzyka #zima")


def test_keeps_a_title_only_where_there_is_one() -> None:
    assert _check(_answer(_POST, title="Cisza i parkiet"), "youtube")[0].title == "Cisza i\u00a0parkiet"
    assert _check(_answer(_POST, title="Cisza i parkiet"), "x")[0].title == ""


def test_asks_again_for_a_missing_title_and_takes_the_briefs_in_the_end() -> None:
    assert "has no title" in _reason(_answer(_POST), "youtube")
    (piece,) = _check(_answer(_POST), "youtube", last_try=True)
    assert (piece.title, piece.notes) == ("Nocny pociąg", ("title_from_brief",))


def test_asks_again_for_a_shorter_title_and_cuts_it_in_the_end() -> None:
    title = "Bardzo długi tytuł " * 6
    assert "has a title that is 13 over 100" in _reason(_answer(_POST, title=title), "youtube")
    (piece,) = _check(_answer(_POST, title=title), "youtube", last_try=True)
    assert piece.title.endswith("tytuł…")
    assert not measure(platform("youtube"), piece.title, piece.text).over


def test_refused_characters_never_reach_the_platform() -> None:
    (piece,) = _check(_answer("Głośność < cisza > płyta.", title="A < B"), "youtube", link="", hashtags=[])
    assert (piece.title, piece.text) == ("A ‹ B", "Głośność ‹ cisza › płyta.")


def test_typography_never_pushes_a_post_over_its_limit() -> None:
    text = ("Raz i dwa i trzy. " * 300)[: 5000 - 1].strip()
    (piece,) = _check(_answer(text, title="Tytuł"), "youtube", link="", hashtags=[])
    assert not measure(platform("youtube"), piece.title, piece.text).over


def test_checks_only_the_positions_of_the_part() -> None:
    pieces = SocialPosts().check(brief(variants=3), Part("x", "pl", (2,)), _answer(_POST), last_try=False)
    assert len(pieces) == 1


def _long(length: int) -> str:
    return ("To jest nowa płyta i nowe piosenki na zimę. " * 20)[: length - 1].replace(".", ",") + "!"


_SLUGS = [place.slug for place in platforms()]


def _accepted(answer: str, slug: str = "x", *, last_try: bool = False) -> tuple[Piece, ...]:
    """The pieces of an answer, none when it is refused; any other error is a failure."""
    try:
        return _check(answer, slug, last_try=last_try)
    except AnswerRejectedError:
        return ()


@settings(UNHURRIED, max_examples=60)
@given(lines(500), lines(120), st.lists(lines(30), max_size=8), st.sampled_from(_SLUGS))
def test_whatever_a_model_writes_is_refused_or_fits(text: str, title: str, hashtags: list[str], slug: str) -> None:
    answer = _answer(f"{_POST} {text}", title=title, hashtags=hashtags)
    for piece in (*_accepted(answer, slug), *_accepted(answer, slug, last_try=True)):
        assert not measure(platform(slug), piece.title, piece.text).over, piece


@settings(UNHURRIED, max_examples=100)
@given(st.one_of(st.text(max_size=200), lines(200), st.text(alphabet='{}[]":,\\ tex', max_size=200)))
def test_no_answer_breaks_the_check(answer: str) -> None:
    assert all(piece.text for piece in _accepted(answer))


@settings(UNHURRIED, max_examples=60)
@given(lines(80))
def test_only_links_of_the_brief_stay(text: str) -> None:
    for piece in _accepted(_answer(f"{_POST} {text} https://zly.example/x www.zly.pl"), last_try=True):
        assert {span.value for span in find_urls(piece.text, any_domain=True)} <= {LINK}, piece


@pytest.mark.parametrize("tag", ["NagrodaFryderyk2019", "Top100", "najlepszaPłyta", "Nagroda Grammy", "x" * 60])
def test_a_hashtag_that_claims_something_or_never_ends_is_dropped(tag: str) -> None:
    (piece,) = _check(_answer(_POST, hashtags=["LunaRey", tag]))
    assert [span.value for span in find_hashtags(piece.text)] == ["nowamuzyka", "LunaRey"]
    assert "hashtags_dropped" in piece.notes
