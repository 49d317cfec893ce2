"""``make bench``: what the program costs in time, against what its dependencies and its libraries allow.

Prints tables; docs/benchmarks.md explains them. Each figure is a median; with ``--times`` the series in the sandbox is run so
often (other work on the machine only ever makes figures worse, so a quiet machine is part of the measurement).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks import first_frame
from tests.benchmarks.runs import Measured, environment, help_times, series

LATENCY = 0.15
AIM_CHAIN = 1.3
AIM_HELP = 0.15
AIM_FRAME = 1.3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 0 whatever the figures are, because a machine's mood is no failure of the program."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench")
    parser.add_argument("--times", type=int, default=3, help="how often the series in the sandbox is run (default 3)")
    parser.add_argument("--latency", type=float, default=LATENCY, help="seconds added to each AWS and cluster call")
    times, latency = (vars(parser.parse_args(argv))[name] for name in ("times", "latency"))
    out = Console(width=220, highlight=False)
    with tempfile.TemporaryDirectory(prefix="ezgitops-bench-") as folder:
        every = [series(latency, Path(folder) / str(number)) for number in range(times)]
        middle = {name: _median([run[name] for run in every]) for name in every[0]}
        out.print(_commands(middle, latency))
        for name in ("check", "apply", "replay"):
            out.print(_chain(name, middle[name]))
        environ = environment({}, Path(folder) / "plain")
        wall, cpu = help_times(environ)
        hello, wizard = first_frame.side_by_side(environ)
    out.print(_start(wall, cpu, hello, wizard))
    return 0


def _median(runs: Sequence[Measured]) -> Measured:
    """The run in the middle by wall time (the lower one of two), so that its parts belong together."""
    return sorted(runs, key=lambda run: run.wall)[(len(runs) - 1) // 2]


def _commands(found: dict[str, Measured], latency: float) -> Table:
    table = Table(
        *(
            "command",
            "wall s",
            "start-up s",
            "inside s",
            "CPU s",
            "calls",
            "chain s",
            "in a row",
            "world s",
            "ratio",
            "strict",
            "aim",
        ),
        title=f"With {latency * 1000:g} ms per AWS and cluster call",
        box=box.MARKDOWN,
        title_justify="left",
    )
    for name, run in found.items():
        aim = _said(run.strict, AIM_CHAIN) if name in ("check", "apply", "replay") else ""
        seconds = (f"{value:.2f}" for value in (run.wall, run.start_up, run.inside, run.cpu))
        chain = (
            f"{run.chain.calls:.2f}",
            str(run.chain.depth),
            f"{run.chain.world:.2f}",
            f"{run.ratio:.2f}",
            f"{run.strict:.2f}",
        )
        table.add_row(name, *seconds, str(run.calls), *chain, aim)
    return table


def _chain(name: str, run: Measured) -> Table:
    table = Table("seconds", "call, or the world by itself", "why not earlier", title=f"The chain of {name}", box=box.MARKDOWN)
    for link in run.chain.links:
        table.add_row(f"{link.seconds:.2f}", link.step.name.partition("/")[2], link.reason)
    return table


def _start(wall: float, cpu: float, hello: float, wizard: float) -> Table:
    table = Table("what", "seconds", "against", "aim", title="Start-up", box=box.MARKDOWN)
    table.add_row("--help, wall", f"{wall:.3f}", "", "")
    table.add_row("--help, CPU", f"{cpu:.3f}", "", _said(cpu, AIM_HELP, " s"))
    table.add_row(
        "first frame of the wizard", f"{wizard:.3f}", f"hello-world Textual {hello:.3f}", _said(wizard / hello, AIM_FRAME)
    )
    return table


def _said(value: float, aim: float, unit: str = "") -> str:
    return f"{value:.2f}{unit} of {aim:g}{unit}: {'met' if value <= aim else 'MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
