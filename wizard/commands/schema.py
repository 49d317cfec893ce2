"""``ezgitops schema``."""

from __future__ import annotations

import click

from wizard.commands.options import Command


@click.command(cls=Command)
def schema() -> None:
    """Print the JSON Schema of the answers file, for editors and for tests."""
    from wizard.answers.schema import text

    click.echo(text(), nl=False)
