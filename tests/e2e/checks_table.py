"""Which check changes in which scenario: what is expected (``expected/*.yaml``), what is seen, and the table of both.

Each strategy has answers of its own (``docs/examples/answers-STRATEGY.yaml``), and so a ``healthy`` of its own; where the
server is made too, all is well in ``own-server``.

``python -m tests.e2e.checks_table [SCENARIO ...]`` prints the table (of all, when none is named) and ends with 1 when a
scenario is not as expected, changes nothing, or a check never fails.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.e2e.program import ROOT, Program
from wizard.sandbox import scenario

HEALTHY = "healthy"
WELL_OFF = {"private-server-own": "own-server"}
"""Where all is well, for answers that ask for what ``healthy`` does not have."""
EXPECTED = Path(__file__).parent / "expected"
_BAD = ("fail", "warn")
_SIGNS = {"pass": "✔", "warn": "⚠", "fail": "✖", "unknown": "?", "skipped": "–"}


@dataclass(frozen=True)
class Case:
    """One scenario and the checks that end otherwise than in ``healthy``, looked at with ``environ``.

    ``answers`` is the strategy whose sample is checked, ``set`` what is set in it: the scenario says both.
    """

    scenario: str
    checks: Mapping[str, str]
    answers: str = scenario.SAMPLE
    set: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """How every check ended, and the exit code."""

    code: int
    statuses: Mapping[str, str]
    evidence: Mapping[str, str]
    blocked: bool = False
    """A blocking check failed."""


def cases() -> dict[str, Case]:
    """Every scenario with what is expected of it. Raises ValueError for one that is expected twice."""
    found: dict[str, Case] = {}
    for path in sorted(EXPECTED.glob("*.yaml")):
        for name, entry in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            if name in found:
                raise ValueError(f"{path.name}: {name} is expected twice")
            found[name] = case_of(name, **entry)
    return found


def case_of(name: str, checks: Mapping[str, str], environ: Mapping[str, str] | None = None) -> Case:
    """What is expected of a scenario, with the answers that it is for."""
    sample = scenario.sample(name)
    return Case(name, checks, sample.answers, sample.set, environ or {})


def look(case: Case) -> Seen:
    """Run ``ezgitops check`` on the sample answers in the scenario's sandbox."""
    with tempfile.TemporaryDirectory(prefix="ezgitops-table-") as folder:
        program = Program(Path(folder), {"HOME": folder, "XDG_STATE_HOME": f"{folder}/state", **case.environ})
        settings = [argument for key, value in case.set.items() for argument in ("--set", f"{key}={value}")]
        sample = ROOT / "docs" / "examples" / f"answers-{case.answers}.yaml"
        command = ("check", "-f", str(sample), f"--sandbox={case.scenario}", "--output", "json", *settings)
        result = program.run(*command)
    results = (event["result"] for event in result.of("check_result"))
    last = {entry["id"]: entry for entry in results if isinstance(entry, dict)}
    if not last:
        raise RuntimeError(f"{case.scenario}: exit code {result.code}\n{result.out[-2000:]}\n{result.err[-2000:]}")
    return Seen(
        result.code,
        {check: str(entry["status"]) for check, entry in last.items()},
        {check: str(entry["evidence"]) for check, entry in last.items()},
        any(entry["status"] == "fail" and entry["blocking"] for entry in last.values()),
    )


def well(answers: str) -> Case:
    """The scenario in which all is well for a strategy's sample."""
    return Case(WELL_OFF.get(answers, HEALTHY), {}, answers)


def changed(seen: Seen, healthy: Seen) -> dict[str, str]:
    """The checks that ended otherwise than in ``healthy``; one that is not asked there counts as ``absent``."""
    ids = [*healthy.statuses, *(i for i in seen.statuses if i not in healthy.statuses)]
    pairs = {i: seen.statuses.get(i, "absent") for i in ids}
    return {i: status for i, status in pairs.items() if status != healthy.statuses.get(i, "absent")}


def never_failing(seen: Sequence[Seen]) -> list[str]:
    """The checks that fail or warn in none of the scenarios."""
    ids = dict.fromkeys(i for one in seen for i in one.statuses)
    return [i for i in ids if not any(one.statuses.get(i) in _BAD for one in seen)]


def main(names: Sequence[str]) -> int:
    """Print the table. Gives the exit code."""
    known = cases()
    wanted = [known.get(name) or case_of(name, {}) for name in names] or list(known.values())
    samples = list(dict.fromkeys(case.answers for case in wanted))
    with ThreadPoolExecutor(max_workers=2) as pool:
        looks = list(pool.map(look, [*(well(answers) for answers in samples), *wanted]))
    healthy, seen = dict(zip(samples, looks, strict=False)), looks[len(samples) :]
    wrong = 0
    for case, one in zip(wanted, seen, strict=True):
        differs = changed(one, healthy[case.answers])
        ok = differs == dict(case.checks) and bool(differs)
        wrong += not ok
        print(f"{case.scenario:<34} exit {one.code}  {'as expected' if ok else 'NOT AS EXPECTED'}")
        for check, status in differs.items():
            expected = "" if case.checks.get(check) == status else f"   (expected: {case.checks.get(check, 'no change')})"
            print(f"    {_SIGNS.get(status, ' ')} {status:<8} {check:<34} {one.evidence.get(check, '')[:150]}{expected}")
        for check in set(case.checks) - set(differs):
            print(f"      no change {check:<34} (expected: {case.checks[check]})")
    idle = [] if names else never_failing(seen)
    for check in idle:
        print(f"never fails: {check}")
    checks = {check for one in healthy.values() for check in one.statuses}
    print(f"{len(wanted)} scenarios, {len(checks)} checks, {wrong} not as expected, {len(idle)} never failing")
    return 1 if wrong or idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
