"""Every form of Application that is made fits Argo CD's own CustomResourceDefinition."""

from __future__ import annotations

import json

import pytest

from strategies.codecommit import manifests
from tests.contract.crds import needs_crds, problems
from tests.unit.codecommit.answers import complete


@needs_crds
@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"application__layout": "app-of-apps"},
        {"application__destination_namespace": "shop", "application__project": "platform"},
        {"application__sync_policy__automated": False},
        {"application__sync_policy__prune": True, "application__sync_policy__self_heal": False},
    ],
)
def test_it_fits(answers: dict[str, object]) -> None:
    assert problems(json.loads(json.dumps(manifests.application(complete(**answers))))) == []
