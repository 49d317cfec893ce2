"""``ezgitops sandbox``: the sandbox's own command, where the sandbox is installed."""

from __future__ import annotations

import click

from wizard.commands.options import not_installed


def _missing(error: ModuleNotFoundError) -> click.Command:
    """A command of the same name that says what to install."""
    told = not_installed(error)

    @click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
    def sandbox() -> None:
        """Start a small world on this machine to try everything in (not installed)."""
        raise told

    return sandbox


def _command() -> click.Command:
    try:
        from wizard.sandbox.command import sandbox
    except ModuleNotFoundError as error:
        return _missing(error)
    return sandbox


sandbox = _command()
