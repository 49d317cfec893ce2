"""``ezgitops sandbox``: the sandbox's own command."""

from wizard.sandbox.command import sandbox as sandbox
