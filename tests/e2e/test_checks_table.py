"""Every scenario changes exactly the checks that it is expected to change, and every check fails somewhere."""

from __future__ import annotations

from functools import cache

import pytest

from tests.e2e.checks_table import HEALTHY, WELL_OFF, Seen, cases, changed, look, well
from tests.e2e.program import ROOT
from wizard.sandbox import scenario

CASES = cases()
EXAMPLES = ROOT / "docs" / "examples"
WELL = ("pass", "skipped")


SAMPLES = sorted({case.answers for case in CASES.values()})


@cache
def healthy(answers: str) -> Seen:
    """How the checks of a strategy's sample end where all is well; looked at once in a process."""
    return look(well(answers))


@pytest.mark.slow
@pytest.mark.parametrize("answers", SAMPLES)
def test_all_is_well_in_healthy(answers: str) -> None:
    seen = healthy(answers)
    assert seen.code == 0
    assert {i: (s, seen.evidence[i]) for i, s in seen.statuses.items() if s not in WELL} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_a_scenario_changes_exactly_what_it_is_about(name: str) -> None:
    case = CASES[name]
    assert case.checks, "a scenario that changes nothing shows nothing"
    seen = look(case)
    differs = changed(seen, healthy(case.answers))
    assert differs == dict(case.checks), {i: seen.evidence.get(i) for i in differs}
    assert seen.code == (3 if seen.blocked else 0)


def test_every_scenario_is_in_the_table() -> None:
    assert set(scenario.names()) - {HEALTHY, *WELL_OFF.values()} == set(CASES)


def test_a_scenario_says_with_which_answers_it_is_looked_at() -> None:
    own = {name: scenario.sample(name) for name in scenario.names()}
    examples = {one.name.removeprefix("answers-").removesuffix(".yaml") for one in EXAMPLES.glob("answers-*.yaml")}
    assert {one.answers for one in own.values()} <= examples
    assert {"codecommit", "bastion-proxy", "private-server-gitlab", "private-server-own"} <= {
        one.answers for one in own.values()
    }
    assert own[HEALTHY] == scenario.Sample()
    assert own["image-not-found"].set == {"codecommit.credentials.image": "null"}
    assert own["corporate-proxy-open"] == own["corporate-proxy"], "one that extends another is looked at as that one is"
    assert not [key for key in own["no-boundary-for-the-proxy"].set if key.startswith("codecommit.")]


def test_every_check_is_seen_to_fail() -> None:
    from wizard.reference import checks_reference

    bad = {check for case in CASES.values() for check, status in case.checks.items() if status in ("fail", "warn")}
    known = {line.split("`")[1] for line in checks_reference().splitlines() if line.startswith("| `") and line.count("|") > 5}
    assert sorted(known - bad) == []
