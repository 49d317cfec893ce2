"""What the sandbox needs beside the product: the packages of the extra ``sandbox``."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = ("cryptography", "joserfc", "jsonpatch", "moto", "trustme", "werkzeug")
"""The modules of the extra ``sandbox`` in pyproject.toml."""


def missing() -> tuple[str, ...]:
    """Those that are not installed. Nothing is imported."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)
