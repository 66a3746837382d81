"""Keeping models true to what their vendors list, over real sockets."""

from __future__ import annotations

import io
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ

from providers import refreshing, tasks
from providers.models import AIModel, Attempt, ModelRefresh, Provider
from providers.refreshing import Kind, ListChange
from tests.connecting import connect, upstream
from tests.providers.dropping_in import Burrow, burrow, gopher, menu
from tests.upstream import Upstream, hangs, replays, server_error, slow

__all__ = ["burrow", "connect", "gopher", "upstream"]

LATER = timedelta(hours=7)


def refresh(provider: Provider) -> list[tuple[str, str, str]]:
    """What one more reading changes, seven hours after the last."""
    AIModel.objects.exclude(missing_since=None).update(missing_since=timezone.now() - LATER)
    (reading,) = refreshing.refresh([provider])
    assert reading.error is None
    return [(change.kind.value, change.model, change.detail) for change in reading.changes]


def small() -> AIModel:
    return AIModel.objects.get(model_id="small")


def test_a_listed_model_is_marked_with_the_time(burrow: Burrow) -> None:
    assert refresh(burrow("one")) == []
    listed_at = small().listed_at
    assert listed_at
    assert timezone.now() - listed_at < timedelta(minutes=1)


def test_a_model_that_two_lists_lack_is_gone_and_no_list_deletes_it(burrow: Burrow) -> None:
    one = burrow("one", menu("small"), menu("other"))
    assert refresh(one) == []
    assert refresh(one) == []
    assert small().gone_since is None
    assert refresh(one) == [("vanished", "small", "")]
    assert (small().gone_since is not None, small().gone_reason, small().enabled) == (True, "vanished", True)
    assert refresh(one) == []


def test_two_lists_within_the_hour_do_not_make_a_model_vanish(burrow: Burrow) -> None:
    one = burrow("one", menu("small"), menu("other"))
    for _ in range(4):
        refreshing.refresh([one])
    assert small().gone_since is None


def test_a_model_that_was_never_listed_is_left_to_the_calls(burrow: Burrow) -> None:
    one = burrow("one", menu("other"))
    for _ in range(3):
        assert refresh(one) == []
    assert small().gone_since is None


def test_a_vanished_model_that_is_listed_again_is_brought_back(burrow: Burrow) -> None:
    one = burrow("one", menu("small"), menu("other"), menu("other"), menu("small"))
    for _ in range(3):
        refresh(one)
    assert refresh(one) == [("back", "small", "")]
    assert (small().gone_since, small().gone_reason) == (None, "")


def test_what_a_call_found_out_is_not_undone_by_a_list(burrow: Burrow) -> None:
    one = burrow("one")
    AIModel.objects.update(gone_since=timezone.now())
    assert refresh(one) == []
    assert small().gone_since


def test_a_retired_model_is_gone_at_once(burrow: Burrow) -> None:
    one = burrow("one", menu({"name": "small", "retired": True}))
    assert refresh(one) == [("retired", "small", "")]
    assert small().gone_reason == "retired"


@pytest.mark.parametrize("empty", [menu(), replays(200, {}, {"burrows": []})])
def test_an_empty_list_says_nothing_about_the_models(burrow: Burrow, empty: Any) -> None:
    one = burrow("one", menu("small"), empty)
    refresh(one)
    (reading,) = refreshing.refresh([one])
    assert reading.error
    assert small().missing_since is None
    assert ModelRefresh.objects.get().error == "BrokenAnswer"


def test_a_list_that_lost_most_of_its_models_is_not_believed_the_first_time(burrow: Burrow) -> None:
    one = burrow("one", menu("small", "b", "c", "d"), menu("b"))
    refresh(one)
    refresh(one)
    assert small().missing_since is None
    refresh(one)
    assert small().missing_since
    assert refresh(one) == [("vanished", "small", "")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("gemini-x", "models/gemini-x"),
        ("mistral-small-latest", "mistral-small-2603"),
        ("claude-x-5", "claude-x-5-20261001"),
        ("gpt-x", "gpt-x-2026-10-01"),
        ("qwen3", "qwen3:latest"),
        ("org/Name:fastest", "org/name"),
    ],
)
def test_a_model_is_found_under_the_names_that_vendors_list_it_by(burrow: Burrow, ours: str, theirs: str) -> None:
    one = burrow("one", menu(theirs), models=(ours,))
    refresh(one)
    assert AIModel.objects.get().listed_at


@pytest.mark.parametrize(
    ("ours", "theirs"), [("vendor/x:free", "vendor/x"), ("gpt-x", "gpt-x-mini"), ("a-latest", "ab-1")]
)
def test_a_neighbour_is_not_taken_for_the_model(burrow: Burrow, ours: str, theirs: str) -> None:
    one = burrow("one", menu(ours), menu(theirs), models=(ours,))
    refresh(one)
    refresh(one)
    assert refresh(one) == [("vanished", ours, "")]


def test_a_shutdown_date_is_taken_over_and_taken_back(burrow: Burrow) -> None:
    one = burrow("one", menu({"name": "small", "closes": "2031-05-07"}), menu("small"))
    assert refresh(one) == [("ends", "small", "2031-05-07")]
    assert small().shutdown_on == date(2031, 5, 7)
    assert refresh(one) == [("ends no more", "small", "")]
    assert small().shutdown_on is None


def test_an_administrators_own_date_stays(burrow: Burrow) -> None:
    one = burrow("one", menu("small"), menu({"name": "small", "closes": "2031-05-07"}))
    AIModel.objects.update(shutdown_on=date(2030, 1, 1))
    assert refresh(one) == []
    assert refresh(one) == []
    assert small().shutdown_on == date(2030, 1, 1)


def test_sizes_of_a_vendors_models_are_taken_over_unless_somebody_changed_them(
    burrow: Burrow, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The simulated upstream listens on this machine only.
    monkeypatch.setattr("providers.adapters.addresses.is_public", lambda _host: True)
    told = {"name": "small", "holds": 131072, "longest": 16384}
    one = burrow("one", menu(told), menu({**told, "holds": 262144, "longest": 32768}))
    Provider.objects.update(allow_private_address=False)
    one.refresh_from_db()
    assert refresh(one) == [("context", "small", "131072"), ("longest answer", "small", "16384")]
    AIModel.objects.update(max_output_tokens=1000)
    assert refresh(one) == [("context", "small", "262144")]
    assert (small().context_tokens, small().max_output_tokens) == (262144, 1000)


def test_sizes_on_a_server_of_ones_own_are_its_owners_to_say(burrow: Burrow) -> None:
    assert refresh(burrow("one", menu({"name": "small", "holds": 131072}))) == []
    assert small().context_tokens == 8192


def test_new_free_models_are_told_and_not_added(burrow: Burrow) -> None:
    first = menu("small", {"name": "gift", "free": True}, {"name": "dear", "free": False}, "silent")
    then = menu("small", "silent", "newcomer", {"name": "dear-too", "free": False})
    one = burrow("one", first, then, tier="free")
    assert refresh(one) == [("new free", "gift", "")]
    assert refresh(one) == [("new free", "newcomer", "")]
    assert AIModel.objects.count() == 1


def test_on_a_paid_provider_only_what_is_called_free_is_news(burrow: Burrow) -> None:
    one = burrow("one", menu("small"), menu("small", "newcomer"))
    assert refresh(one) == []
    assert refresh(one) == []


def test_the_last_changes_stay_to_be_seen_when_a_later_list_changes_nothing(burrow: Burrow) -> None:
    one = burrow("one", menu("small", {"name": "gift", "free": True}))
    refresh(one)
    refresh(one)
    kept = ModelRefresh.objects.get()
    assert [ListChange.read(change) for change in kept.changes] == [ListChange(Kind.NEW_FREE, "gift")]
    assert kept.changed_at
    assert kept.read_at
    assert kept.read_at > kept.changed_at
    assert kept.due_at > timezone.now() + timedelta(hours=23)


def test_a_failing_vendor_does_not_hold_up_the_others(burrow: Burrow) -> None:
    down, slow, fine = (
        burrow("down", server_error(500)),
        burrow("slow", hangs(), timeout_seconds=1),
        burrow("fine"),
    )
    errors = {reading.provider: reading.error for reading in refreshing.refresh([down, slow, fine])}
    assert [error.kind if error else "" for error in errors.values()] == ["Unavailable", "Network", ""]
    assert AIModel.objects.get(provider=fine).listed_at
    assert ModelRefresh.objects.get(provider=down).due_at < timezone.now() + timedelta(hours=4)


def test_a_provider_without_a_usable_key_is_told_and_not_asked(burrow: Burrow, upstream: Upstream) -> None:
    one = burrow("one")
    Provider.objects.update(allow_private_address=False)
    one.keys.update(invalid_since=timezone.now())
    one.refresh_from_db()
    (reading,) = refreshing.refresh([one])
    assert reading.error
    assert reading.error.detail == "one has no key that can be used"
    assert upstream.requests("one") == []


def test_reading_a_list_counts_as_no_use(burrow: Burrow) -> None:
    refresh(burrow("one"))
    assert not Attempt.objects.exists()


def test_a_protocol_without_a_list_is_left_out(connect: Any) -> None:
    assert refreshing.refresh([connect("local", protocol="local")]) == []


def test_the_words_of_a_change_name_day_and_number() -> None:
    assert str(ListChange(Kind.ENDS, "small", "2031-05-07")).startswith("small")
    assert "2031" in str(ListChange(Kind.ENDS, "small", "2031-05-07"))
    assert "131" in str(ListChange(Kind.CONTEXT, "small", "131072"))
    assert all(str(ListChange(kind, "small", "2031-05-07" if kind is Kind.ENDS else "")) for kind in Kind)


def test_a_provider_is_planned_soon_and_woken_for_when_it_is_due(burrow: Burrow) -> None:
    one = burrow("one")
    assert not refreshing.wake_due()
    planned = ModelRefresh.objects.get(provider=one)
    assert timedelta(minutes=9) < planned.due_at - timezone.now() < timedelta(minutes=21)
    ModelRefresh.objects.update(due_at=timezone.now())
    assert refreshing.wake_due()
    assert OrmQ.objects.count() == 1
    assert not refreshing.wake_due()


def test_a_lost_wake_up_is_sent_again(burrow: Burrow) -> None:
    burrow("one")
    refreshing.wake_due()
    for count in (1, 2):
        ModelRefresh.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        refreshing.wake_due()
        assert OrmQ.objects.count() == count
    assert ModelRefresh.objects.get().due_at < timezone.now() + timedelta(minutes=16)


def test_providers_are_woken_for_one_after_the_other_and_disabled_ones_never(burrow: Burrow) -> None:
    for name in ("one", "two", "off"):
        burrow(name)
    refreshing.wake_due()
    ModelRefresh.objects.update(due_at=timezone.now())
    Provider.objects.filter(slug="off").update(enabled=False)
    assert [refreshing.wake_due() for _ in range(3)] == [True, True, False]
    assert OrmQ.objects.count() == 2


def test_the_task_reads_the_list_beside_the_worker(burrow: Burrow) -> None:
    one = burrow("one", slow(0.3, menu("small")))
    tasks.refresh_models(one.pk)
    (reading,) = [thread for thread in threading.enumerate() if thread.name == f"model list {one.pk}"]
    assert small().listed_at is None
    reading.join(20)
    assert small().listed_at


def test_a_model_whose_last_day_has_come_is_taken_out_of_use(burrow: Burrow) -> None:
    burrow("one", models=("today", "tomorrow"))
    today = datetime.now(UTC).date()
    AIModel.objects.filter(model_id="today").update(shutdown_on=today)
    AIModel.objects.filter(model_id="tomorrow").update(shutdown_on=today + timedelta(days=1))
    refreshing.wake_due()
    assert list(AIModel.objects.exclude(gone_since=None).values_list("model_id", "gone_reason")) == [("today", "ended")]


def test_a_model_whose_end_was_put_off_is_brought_back(burrow: Burrow) -> None:
    one = burrow("one")
    AIModel.objects.update(shutdown_on=datetime.now(UTC).date())
    refreshing.wake_due()
    assert refresh(one) == []
    AIModel.objects.update(shutdown_on=None)
    assert refresh(one) == [("back", "small", "")]


def command(*slugs: str) -> str:
    out = io.StringIO()
    call_command("refresh_models", *slugs, stdout=out, no_color=True)
    return out.getvalue()


def test_the_command_tells_what_changed_and_what_could_not_be_read(burrow: Burrow) -> None:
    burrow("fine", menu("small", {"name": "gift", "free": True}))
    burrow("down", server_error(500))
    told = command()
    assert "fine: 2 models\n  gift" in told
    assert "down: not read (Unavailable)" in told


def test_the_command_reads_only_what_is_named_and_fails_when_nothing_could_be_read(burrow: Burrow) -> None:
    burrow("down", server_error(500))
    burrow("fine")
    assert "down" not in command("fine")
    with pytest.raises(SystemExit):
        command("down")
    with pytest.raises(CommandError, match="there is no provider nobody"):
        command("nobody")
