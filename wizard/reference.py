"""Writes the references under docs/ that are made from the code: ``python -m wizard.reference [--check] [DIRECTORY]``.

``--check`` writes nothing and ends with 1 when a page is not what the code says.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from wizard.answers import keys, schema
from wizard.answers.overrides import PREFIX
from wizard.answers.upgrade import KNOWN
from wizard.exitcodes import ExitCode

_MANY = 3
"""An option that more commands than this have is explained once."""
EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
"""Where the answers are that the examples are made from; the references are written in a checkout only."""
_OPERATORS = ("bastion-proxy", "codecommit", "private-server-gitlab", "private-server-own")
"""The example answers whose operator's rights are shown. Every server that is there takes the same as the GitLab."""

_GENERATED = "<!-- Made from the code by `make docs`; do not edit. -->"


def pages() -> Mapping[str, str]:
    """Every generated page: its name under docs/ and its text."""
    return {
        schema.FILE_NAME: schema.text(),
        "answers.md": answers_page(),
        "checks.md": checks_reference(),
        "commands.md": commands_page(),
        **examples(),
    }


def checks_reference() -> str:
    """Every check of the catalogue, and how long what it looks at may take."""
    from strategies.common import COMMON_CHECKS
    from strategies.registry import STRATEGIES
    from strategies.resources.world import AwsAndClusterWorld
    from wizard.reference_checks import checks_page
    from wizard.sandbox import scenario

    timeouts = {reader.fact_id: reader.timeout for reader in AwsAndClusterWorld({}).readers()}
    scenarios = {name: (about, scenario.sample(name)) for name, about in scenario.names().items()}
    own = [(one.title, one.checks()) for one in STRATEGIES.values() if one.checks()]
    return checks_page([("Whatever the strategy", COMMON_CHECKS), *own], timeouts, scenarios, _GENERATED)


def examples() -> Mapping[str, str]:
    """For the example answers: the least-privilege policies and roles of the operator who applies them."""
    import yaml

    from strategies.common import iam
    from strategies.registry import STRATEGIES
    from wizard.answers import document

    about = "# Made from the code by `make docs`; do not edit. The group is an example: bind the roles to your own.\n"
    found: dict[str, str] = {}
    for name in _OPERATORS:
        answers = document.load(EXAMPLES / f"answers-{name}.yaml").draft().answers()
        strategy = STRATEGIES[answers.strategy or ""]
        policies = iam.parts(strategy.operator_policy(answers))
        for number, policy in enumerate(policies, start=1):
            part = f"-{number}" if len(policies) > 1 else ""
            found[f"examples/operator-policy-{name}{part}.json"] = json.dumps(policy, indent=2) + "\n"
        found[f"examples/operator-rbac-{name}.yaml"] = about + yaml.safe_dump_all(
            strategy.operator_roles(answers), sort_keys=False
        )
    return found


# --- answers ----------------------------------------------------------------------------------------------------


_ABOUT = f"""\
The answers file holds everything that was decided for one instance. The wizard saves one, and
`ezgitops apply -f FILE --yes` does all of it again without a question. A whole one is
[examples/answers-codecommit.yaml](examples/answers-codecommit.yaml). A file may be partial: on a terminal only what is
missing is asked; without one it is listed, and nothing is touched.

## What holds for the file

- It is YAML, UTF-8, one document, 1 MiB at most. It is only ever read: never moved, rewritten or deleted.
- An unknown key is an error. Every fault is told at once, with file, line and key, and the exit code is 2.
- Text that looks like something else is quoted: `account: '123456789012'`.
- `null` is the same as leaving the key out: the value is found, or its default holds.
- A file that ezgitops wrote ends with the line `...`; without it, it has been cut off and is refused.
- Only the section of the chosen strategy is written, and the section of another one is a fault: it would do nothing.

## Which value holds

From the strongest to the weakest:

1. `--set key=value` on the command line (the last one, when a key is set twice)
2. the environment: `{PREFIX}SOURCE__URL` sets `source.url`. Two underscores stand for a dot; case and single
   underscores do not count, so `{PREFIX}AWS__VPC_ID` sets `aws.vpcId`. A name that means no key is an error.
3. the answers file
4. what was found in the account, the cluster and the source repository
5. the default

Answers that are each right but cannot hold together (a KMS key of another region, say) are refused too, also where the other
half was found in the world: exit code 2, before a plan is made.

A list is given as `--set cluster.machineCidrs=10.0.0.0/16,10.1.0.0/16` (or `[a, b]`), yes and no as `true` and `false`,
and `null` takes an optional value back.

## Secrets

No secret stands in the file. Where one is needed, the file names the place where it is kept:

| reference | the secret is |
| --- | --- |
| `env:NAME` | the value of an environment variable |
| `file:PATH` | the content of a file, without the last line break |
| `aws-secretsmanager:NAME` | a secret of AWS Secrets Manager, by name or ARN; `#KEY` takes one key of JSON |
| `prompt:LABEL` | asked for on the terminal, never kept |

`env:`, `file:` and `prompt:` are looked for before anything is read from the world: where the variable or the file is
missing, or nobody can be asked because there is no terminal, `plan`, `apply`, `mirror` and `status` end with exit code 2.
`check` tells it as a failed check.

## Versions

`apiVersion` is `{KNOWN[-1]}`. Older files stay readable ({", ".join(f"`{one}`" for one in KNOWN[:-1])}): they are
brought to the present form in memory, and the file stays as it is. A newer version than the program knows is refused.

## In an editor

The first line of a saved file names its JSON Schema, `{schema.FILE_NAME}`, beside the file;
`ezgitops schema > {schema.FILE_NAME}` puts it there. The same schema is [here]({schema.FILE_NAME}).
"""


def answers_page() -> str:
    """Every key of the answers file, after what holds for the file as a whole."""
    lines = ["# The answers file", "", _GENERATED, "", _ABOUT, "## Keys", "", *_keys()]
    return "\n".join(lines).rstrip() + "\n"


def _keys() -> Iterator[str]:
    """The keys, each section with a heading and a table of its own."""
    sections = ["", *(key.path for key in keys.keys().values() if key.type is keys.Type.SECTION)]
    for section in sections:
        inner = [key for key in keys.leaves() if key.path.rpartition(".")[0] == section]
        if section:
            yield f"### `{section}`"
            yield ""
            yield " ".join(keys.keys()[section].meaning.split()).replace("``", "`")
            yield ""
        if not inner:
            continue
        yield "| key | type | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for key in inner:
            yield f"| `{key.path}` | {_cell(_type(key))} | {_default(key)} | {_cell(_meaning(key))} |"
        yield ""


def _type(key: keys.Key) -> str:
    if key.choices:
        return " or ".join(f"`{choice}`" for choice in key.choices)
    if key.form is not None and key.form.secret:
        return "reference to a secret"
    return "list of texts" if key.type is keys.Type.LIST else key.type.value


def _default(key: keys.Key) -> str:
    if key.default is None:
        return "none" if _asked(key) else "found or suggested"
    if isinstance(key.default, bool):
        return f"`{str(key.default).lower()}`"
    return _cell(f"`{key.default}`")


def _asked(key: keys.Key) -> bool:
    """True when an absent value means that there is none, rather than that it is to be found."""
    return key.path in {
        "source.url",
        "source.username",
        "source.password",
        "application.destinationNamespace",
        "codecommit.repository.kmsKeyId",
        "codecommit.credentials.permissionsBoundary",
        "codecommit.mirror.subject",
        "bastionProxy.proxy.username",
        "bastionProxy.proxy.password",
        "bastionProxy.proxy.caFile",
        "bastionProxy.instance.permissionsBoundary",
        "bastionProxy.githubApp.id",
        "bastionProxy.githubApp.installationId",
        "bastionProxy.githubApp.privateKey",
    }


def _meaning(key: keys.Key) -> str:
    said = " ".join(key.meaning.split())
    form = key.form
    if form is None or form.secret:
        return said
    said += f" Each must be {form.words}." if key.type is keys.Type.LIST else f" Must be {form.words}."
    return f"{said} Example: `{form.example}`" if form.example else said


def _cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("``", "`").replace("|", "\\|").replace("\n", " ")


# --- commands ---------------------------------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with its options, from click, and the exit codes."""
    from wizard.cli import cli

    context = cli.make_context("ezgitops", [], resilient_parsing=True)
    inner = [click.Context(one, info_name=name, parent=context) for name, one in _commands(cli, context)]
    seen = Counter(record for one in inner for record in _options(one.command, one))
    common = {record: name for one in inner for record, name in _options(one.command, one).items() if seen[record] > _MANY}
    lines = ["# Commands", "", _GENERATED, "", *_command(cli, context, {})]
    for one in inner:
        lines += [f"## `{one.command_path}`", "", *_command(one.command, one, common)]
    lines += [
        "## Common options",
        "",
        "What these mean is the same for every command that has them.",
        "",
        *_table(list(common)),
    ]
    lines += ["## Exit codes", "", "| code | name | meaning |", "| --- | --- | --- |"]
    meanings = _member_docs()
    lines += [f"| {code.value} | {code.name} | {_cell(meanings[code.name])} |" for code in ExitCode]
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _options(command: click.Command, context: click.Context) -> dict[tuple[str, str], str]:
    """The records that click's help shows for the options, each with the option's longest name."""
    options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    records = ((one.get_help_record(context), max(one.opts, key=len)) for one in options)
    return {record: name for record, name in records if record is not None}


def _command(command: click.Command, context: click.Context, common: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """The usage of a command, its help, its own options, and the names of the common ones."""
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("```console", f"{context.command_path} {usage}".rstrip(), "```", "")
    if command.help:
        yield from _paragraphs(command.help)
    options = _options(command, context)
    yield from _table([record for record in options if record not in common])
    shared = ", ".join(f"`{common[record]}`" for record in options if record in common)
    if shared:
        yield from (f"[Common options](#common-options): {shared}.", "")


def _table(records: Sequence[tuple[str, str]]) -> Iterator[str]:
    if records:
        yield from ("| option | meaning |", "| --- | --- |")
        yield from (f"| `{_cell(option)}` | {_cell(meaning)} |" for option, meaning in records)
        yield ""


def _paragraphs(text: str) -> Iterator[str]:
    """A command's help as Markdown; what click is told not to wrap (``\\b``) becomes a block of code."""
    for paragraph in text.split("\f")[0].strip().split("\n\n"):
        lines = [line.rstrip() for line in paragraph.split("\n")]
        if lines[0].strip() == "\b":
            yield from ("```text", *lines[1:], "```", "")
        else:
            yield from (" ".join(line.strip() for line in lines), "")


def _member_docs() -> dict[str, str]:
    """The sentence under each member of ``ExitCode``: read from the source, where Python keeps no docstring for it."""
    import ast
    import inspect

    [body] = [node.body for node in ast.parse(inspect.getsource(ExitCode)).body if isinstance(node, ast.ClassDef)]
    docs: dict[str, str] = {}
    for here, after in itertools.pairwise(body):
        if isinstance(here, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            docs[str(getattr(here.targets[0], "id", ""))] = " ".join(str(after.value.value).split()).replace("``", "`")
    return docs


# --- writing ----------------------------------------------------------------------------------------------------


def stale(directory: Path) -> list[str]:
    """The names of the pages under ``directory`` that are missing or not what the code says."""
    found: list[str] = []
    for name, text in pages().items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            found.append(name)
    return found


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` compare them. Gives the exit code."""
    checking = "--check" in arguments
    places = [Path(one) for one in arguments if not one.startswith("--")]
    directory = places[0] if places else Path("docs")
    old = stale(directory)
    for name in old:
        if checking:
            sys.stderr.write(f"{directory / name} is not what the code says; run `make docs`.\n")
        else:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(pages()[name], encoding="utf-8")
            sys.stdout.write(f"wrote {directory / name}\n")
    return 1 if checking and old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
