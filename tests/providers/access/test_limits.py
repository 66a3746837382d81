"""A client's limits: counted exactly, in every process, and told to the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from providers import access
from providers.access import Allowance, ClientLimitError
from providers.access.client_keys import Issued
from providers.clients import ClientUse
from tests.providers.access.conftest import come, run
from tests.providers.access.processes import begin, output

Make = Callable[..., Issued]
NOON = 1_800_000_000 // 86_400 * 86_400 + 43_200


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`clock(moment)` sets the time by which limits are counted."""

    def at(moment: float) -> None:
        monkeypatch.setattr("providers.access.limits.time.time", lambda: moment)

    at(NOON)
    return at


def admit(issued: Issued, tokens: int = 0) -> Allowance:
    return run(access.admit(come(issued.secret), tokens=tokens))


def refused(issued: Issued, tokens: int = 0) -> ClientLimitError:
    with pytest.raises(ClientLimitError) as found:
        admit(issued, tokens)
    return found.value


def settle(issued: Issued, allowance: Allowance, tokens: int) -> None:
    run(access.settle(come(issued.secret), allowance, tokens))


def test_counts_down_and_says_what_is_left_and_when_it_resets(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(requests_per_minute=2, requests_per_day=10)
    clock(NOON + 17)
    admit(issued)
    allowance = admit(issued)
    assert {name: part.remaining for name, part in allowance.parts.items()} == {
        "requests_per_minute": 0,
        "requests_per_day": 8,
    }
    assert allowance.headers() == {
        "x-ratelimit-limit-requests": "2",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "43s",
        "x-ratelimit-limit-requests-day": "10",
        "x-ratelimit-remaining-requests-day": "8",
        "x-ratelimit-reset-requests-day": f"{43_200 - 17}s",
    }


def test_refuses_beyond_the_minute_and_says_when_to_come_back(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(requests_per_minute=1)
    clock(NOON + 20)
    admit(issued)
    error = refused(issued)
    assert (error.status, error.limit, error.headers["retry-after"]) == (429, "requests_per_minute", "40")
    assert error.headers["x-ratelimit-remaining-requests"] == "0"


def test_a_refused_call_counts_nothing(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(requests_per_minute=1, requests_per_day=2)
    admit(issued)
    for _ in range(5):
        refused(issued)
    clock(NOON + 60)
    assert admit(issued).parts["requests_per_day"].remaining == 0


def test_the_longest_wait_is_the_one_that_is_told(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(requests_per_minute=1, requests_per_day=1)
    admit(issued)
    error = refused(issued)
    assert (error.limit, error.retry_after) == ("requests_per_day", 43_200)


def test_a_new_minute_and_a_new_day_begin_at_nothing(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(requests_per_minute=1, requests_per_day=2)
    for moment in (NOON, NOON + 60, NOON + 43_200, NOON + 43_260):
        clock(moment)
        admit(issued)
    assert refused(issued).limit == "requests_per_day"


def test_a_process_whose_clock_lags_gives_nothing_back(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(requests_per_minute=1)
    clock(NOON + 61)
    admit(issued)
    clock(NOON + 59)
    assert refused(issued).limit == "requests_per_minute"


def test_tokens_count_once_the_answer_is_known(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(tokens_per_day=100)
    settle(issued, admit(issued), 100)
    error = refused(issued)
    assert (error.limit, error.retry_after) == ("tokens_per_day", 43_200)


def test_tokens_set_aside_are_exchanged_for_what_was_used(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(tokens_per_day=100)
    allowance = admit(issued, tokens=80)
    assert allowance.parts["tokens_per_day"].remaining == 20
    assert refused(issued, tokens=30).limit == "tokens_per_day"
    settle(issued, allowance, 10)
    assert admit(issued, tokens=30).parts["tokens_per_day"].remaining == 60


def test_a_call_that_brought_nothing_gives_its_tokens_back(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(tokens_per_day=100)
    settle(issued, admit(issued, tokens=80), 0)
    assert ClientUse.objects.values_list("day_tokens", flat=True).get() == 0


def test_yesterdays_tokens_do_not_burden_today(make: Make, clock: Callable[[float], None]) -> None:
    issued = make(tokens_per_day=100)
    late = admit(issued, tokens=50)
    clock(NOON + 86_400)
    admit(issued)
    settle(issued, late, 90)
    assert admit(issued).parts["tokens_per_day"].remaining == 100


def test_a_client_without_limits_is_not_counted(make: Make) -> None:
    issued = make()
    assert admit(issued).headers() == {}
    assert ClientUse.objects.values_list("day_requests", flat=True).get() == 0


def test_a_limit_given_later_holds_from_the_next_call(make: Make) -> None:
    issued = make()
    ClientUse.objects.all().delete()
    type(issued.key.client).objects.update(requests_per_day=1)
    # The row of counts is made when it is missed; the call may be tried again at once.
    assert refused(issued).retry_after == 1
    admit(issued)
    assert refused(issued).limit == "requests_per_day"


def test_one_of_many_in_a_transaction_may_be_refused(make: Make) -> None:
    callers = [come(make(requests_per_day=number).secret) for number in (1, 2, 3)]

    async def all_at_once() -> list[object]:
        asked = [access.admit(caller) for caller in callers for _ in range(3)]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = run(all_at_once())
    assert [isinstance(answer, Allowance) for answer in answers] == [True, False, False, True, True, False, *[True] * 3]


STORM = """
import asyncio
from providers import access
async def one():
    try:
        await access.admit(await access.authenticate('Bearer {secret}'))
        return 1
    except access.ClientLimitError:
        return 0
async def storm():
    return sum(await asyncio.gather(*(one() for _ in range(60))))
print(asyncio.run(storm()))
"""


def test_four_processes_are_granted_exactly_the_limit(make: Make) -> None:
    issued = make(requests_per_day=100)
    code = f"exec({STORM.format(secret=issued.secret)!r})"
    # The storm must not cross midnight, when the count begins anew.
    if time.time() % 86_400 > 86_340:
        time.sleep(61)
    storms = [begin(code) for _ in range(4)]
    assert sum(int(output(storm)) for storm in storms) == 100
