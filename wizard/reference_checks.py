"""The reference of checks, from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from strategies.base import Check, Vantage
from wizard.sandbox.scenario import Sample

_ABOUT = """\
Every prerequisite that ezgitops looks at. `ezgitops check` prints them, the worst first; the wizard shows them beside the
pages and on a page of their own. Each ends as one of

| status | meaning |
| --- | --- |
| `pass` | it holds |
| `warn` | it does not hold, or can only be simulated; apply may work all the same, and a warning may be accepted by its id |
| `fail` | it does not hold. One that is *blocking* stops `plan` and `apply` (exit code 3) |
| `unknown` | it could not be told, with the reason: a right is missing, or nothing answered within the time |
| `skipped` | it does not matter for these answers, or what it depends on failed |

- Checks run side by side, each as soon as what it looks at has been read, and again when an answer changes that it depends
  on. What takes longer than its time is `unknown`, and says what it waited for.
- A warning is accepted by `acceptWarnings: [ID]` in the answers, or by the key `a` in the wizard: it is still told, quietly.
- `--only ID` and `--skip ID` (also patterns: `--only 'cluster.*'`) pick checks; the exit code is that of the picked ones.
- A simulated permission only warns: the simulator does not see the policies of the organisation. Only what was really
  read, and EC2's own dry run, block.
- *From* says where a check is made. A workstation's view is not the cluster's: what is made from the `cluster` runs in a
  Job of some seconds in Argo CD's namespace, which is removed again whatever happens. `check` and the wizard's page of
  checks make it, `plan` and `apply` never do; `clusterProbe: false` in the answers leaves it out.
- Under a failing check stand what was seen, why it matters, and the exact command. Where one key can mend it safely (`m` in
  the wizard), it says first what it will do.
"""


_SCENARIOS = """\
## Seen to fail

Each scenario of the sandbox is a world in which one thing is wrong, seen with the sample answers of one strategy. Look at one
with `ezgitops check -f docs/examples/answers-STRATEGY.yaml --sandbox=NAME`, and with `--set KEY=VALUE` for what the last column
sets in them; or open the wizard in it with `ezgitops --sandbox=NAME`. `make checks-table` runs them all and prints which checks
each of them changes.

| scenario | the world | strategy | set |
| --- | --- | --- | --- |
"""


def checks_page(
    groups: Sequence[tuple[str, Sequence[Check]]],
    timeouts: Mapping[str, float],
    scenarios: Mapping[str, tuple[str, Sample]],
    generated: str,
) -> str:
    """Every check in a table of its group, then every scenario.

    ``timeouts`` are the seconds that the reading of each fact may take, by its id; ``scenarios`` say what each world is like,
    and with which answers it is looked at.
    """
    lines = ["# Checks", "", generated, "", _ABOUT]
    for heading, checks in groups:
        lines += [f"## {heading}", "", "| id | what | why it matters | from | blocking | after | time |"]
        lines += ["| --- | --- | --- | --- | --- | --- | --- |", *_rows(checks, timeouts), ""]
    lines.append(_SCENARIOS + "\n".join(_row(name, about, sample) for name, (about, sample) in scenarios.items()))
    return "\n".join(lines).rstrip() + "\n"


def _row(name: str, about: str, sample: Sample) -> str:
    settings = ", ".join(f"`{key}={value}`" for key, value in sample.set.items()) or "–"
    return f"| `{name}` | {about} | {sample.answers} | {settings} |"


def _rows(checks: Sequence[Check], timeouts: Mapping[str, float]) -> Iterator[str]:
    for check in checks:
        seconds = max((timeouts[fact] for fact in check.needs if fact in timeouts), default=0.0)
        cells = (
            f"`{check.id}`",
            check.title,
            check.why,
            "cluster" if check.vantage is Vantage.CLUSTER else "workstation",
            "yes" if check.blocking else "no",
            ", ".join(f"`{one}`" for one in check.depends_on) or "–",
            f"{seconds:g} s" if seconds else "–",
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
