"""The private Git servers, as an operator's tools see them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.estate import Estate, estate


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """All of them, for the module."""
    with estate(tmp_path_factory.mktemp("estate")) as made:
        yield made
