"""Checking as a whole: the labelled cases, scores, fixes, the catalogue, and records of any shape."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.metadata import books, music
from marketing.metadata.checking import check, context_of, fixed, found_rules
from marketing.metadata.rules import Context, Destination, Level
from tests.metadata.test_book_rules import book
from tests.metadata.test_music_rules import release

pytestmark = pytest.mark.once
CASES = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "name"), [("music", "music_release_cases"), ("book", "book_record_cases")])
def test_the_labelled_cases_are_judged_as_labelled(kind: str, name: str) -> None:
    lines = [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text().splitlines()]
    wrong = {
        line["id"]: (line["expected"], found)
        for line in lines
        if (found := found_rules(kind, line["record"])) != sorted(line["expected"])
    }
    assert wrong == {}


def test_every_rule_of_the_trade_is_there() -> None:
    assert sorted(music.RULES.rules) == [f"M{number:02d}" for number in range(1, 34)]
    assert sorted(books.RULES.rules) == [f"B{number:02d}" for number in range(1, 30)]


@pytest.mark.parametrize("kind", ["music", "book"])
@given(record=st.dictionaries(st.sampled_from(sorted({*release(), *book()})), JSON, max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_record_is_so_odd_that_a_rule_breaks(kind: str, record: dict[str, Any]) -> None:
    for finding in check(kind, record).findings:
        assert finding.message
        assert finding.where


@given(track=st.dictionaries(st.sampled_from(sorted(release()["tracks"][0])), JSON, max_size=13))
@settings(max_examples=150, deadline=None)
def test_no_track_is_so_odd_that_a_rule_breaks(track: dict[str, Any]) -> None:
    for finding in check("music", {**release(), "tracks": [track]}).findings:
        assert finding.message


@given(title=st.text(alphabet="Świt nadWisą '’\u0301", min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_safe_fixes_leave_nothing_to_fix(title: str) -> None:
    mended, _made = fixed("music", release(title))
    assert [one for one in check("music", mended).findings if one.level is Level.FIX and one.fault.fix] == []


def test_a_fix_changes_a_copy_and_says_what_it_mended() -> None:
    record = release(" Świt  nad Wisłą")
    mended, made = fixed("music", record)
    assert mended["title"] == mended["tracks"][0]["title"] == "Świt nad Wisłą"
    assert {finding.rule.id for finding in made} == {"M29"}
    assert record["title"] == " Świt  nad Wisłą"


@pytest.mark.parametrize(
    ("record", "value"),
    [
        (release("Świt ft. Ćma", guest="Ćma"), "Świt (feat. Ćma)"),
        (release("Świt (gościnnie Ćma)", guest="Ćma"), "Świt (feat. Ćma)"),
        (release("Świt - Remix"), "Świt (Remix)"),
        (release("Świt (Official Video)"), "Świt"),
        (release("Nokturny Volume 2"), "Nokturny, Vol. 2"),
        (release("Zorza - Świt"), "Świt"),
    ],
)
def test_a_proposal_says_how_it_should_read(record: dict[str, Any], value: str) -> None:
    proposals = {one.fault.fix.value for one in check("music", record).findings if one.fault.fix}
    assert value in proposals


def test_the_score_falls_with_each_broken_rule_and_says_what_costs_most() -> None:
    clean, bad = check("music", release()), check("music", release("świt.pl (Official Video)"))
    assert (clean.score, clean.is_ready) == (100, True)
    assert bad.score == 100 - sum(bad.costs().values())
    assert list(bad.costs().values()) == sorted(bad.costs().values(), reverse=True)
    assert not bad.is_ready


def test_a_destination_asks_only_for_its_own_rules() -> None:
    record = book(keywords=["x" * 60])
    assert "B06" in check("book", record, destination=Destination.KDP).rule_ids
    assert "B06" not in check("book", record, destination=Destination.LIBRARIES).rule_ids


def test_the_catalogue_knows_names_and_recordings() -> None:
    catalogue = context_of([("music", release())])
    stranger = release("Mgła", artist="zorza")
    assert check("music", stranger, catalogue).rule_ids == ["M01", "M16", "M33"]
    assert check("music", release(), catalogue).rule_ids == []
    assert check("music", release(artist="Łąki Łan"), Context(names=frozenset({"Łąki Łan"}))).rule_ids == []


def test_a_message_speaks_both_languages() -> None:
    finding = check("music", release("Świt (Teledysk)")).findings[0]
    with translation.override("en"):
        english = finding.message
    with translation.override("pl"):
        polish = finding.message
    assert "Teledysk" in english
    assert english != polish


def test_the_command_prints_a_line_for_each_record(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    rows = [{"id": "a", "record": release()}, {"id": "b", "record": release("Track 1")}]
    file.write_text("\n".join(json.dumps(row) for row in rows))
    out = StringIO()
    call_command("check_metadata", file, kind="music", stdout=out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"id": "a", "found": []},
        {"id": "b", "found": ["M09"]},
    ]


@pytest.mark.parametrize("text", ["no json", '{"id": 1}', '{"id": 1, "record": []}', "[]"])
def test_the_command_says_which_line_is_wrong(tmp_path: Path, text: str) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(f"\n{text}\n")
    with pytest.raises(CommandError, match="line 2"):
        call_command("check_metadata", file, kind="book")


def test_the_command_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_metadata", tmp_path / "none.jsonl", kind="book")
