"""``python -m wizard`` is ``ezgitops``."""

from wizard.cli import main

main()
