"""`manage.py replay_routing`: what the last days would have done under another routing policy, as a table."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from providers.models import RoutingPolicy
from providers.replaying import Replay, replay
from providers.routing import Policy

_MOST = 100_000
_SETTINGS = tuple(Policy.__dataclass_fields__)


class Command(BaseCommand):
    help = "Takes the stored routing decisions again under another policy and prints what would have changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, default=7.0, help="how far back, 7 unless given")
        parser.add_argument("--most", type=int, default=_MOST, help=f"at most so many decisions, {_MOST} unless given")
        settings = ", ".join(_SETTINGS)
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help=f"change the current policy: {settings}"
        )

    def handle(self, *_args: Any, days: float, most: int, **options: Any) -> None:
        policy = _changed(RoutingPolicy.row().policy(), options["set"])
        now = timezone.now()
        done = replay(now - timedelta(days=days), now, policy, most=most)
        if not done.decisions:
            self.stdout.write("No decisions are stored for that time.")
            return
        for line in _table(done):
            self.stdout.write(line)


def _changed(policy: Policy, settings: list[str]) -> Policy:
    """The policy with these settings. Raises CommandError."""
    changes: dict[str, float] = {}
    for one in settings:
        name, _, value = one.partition("=")
        if name not in _SETTINGS:
            raise CommandError(f"there is no setting {name!r}; there are {', '.join(_SETTINGS)}")
        try:
            changes[name] = float(value)
        except ValueError:
            raise CommandError(f"{name} must be a number, not {value!r}") from None
    try:
        RoutingPolicy(**changes).clean_fields()
    except ValidationError as fault:
        told = (f"{name}: {' '.join(said)}" for name, said in fault.message_dict.items())
        raise CommandError("; ".join(told)) from None
    return replace(policy, **changes)


def _table(done: Replay) -> list[str]:
    counted = [*done.rows(), ("nobody", done.then.nobody, done.now.nobody)]
    width = max(len("first choice"), *(len(name) for name, _then, _now in counted))
    lines = [f"{'first choice':<{width}}  {'then':>7}  {'replayed':>8}  {'change':>7}"]
    lines += [f"{name:<{width}}  {then:>7}  {now:>8}  {now - then:>+7}" for name, then, now in counted]
    means = (("quality", done.then.quality, done.now.quality), ("seconds", done.then.seconds, done.now.seconds))
    lines += [f"{'mean ' + name:<{width}}  {_number(then):>7}  {_number(now):>8}" for name, then, now in means]
    share = f"{done.changed / done.decisions:.1%}"
    lines.append(f"{done.decisions} decisions, {done.changed} ({share}) would begin elsewhere.")
    if done.called:
        lines.append(f"{done.faithful} of {done.called} first calls went to a place that the stored decision names.")
    if done.unreadable:
        lines.append(f"{done.unreadable} decisions of another version could not be read.")
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
