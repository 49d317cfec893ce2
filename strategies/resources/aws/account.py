"""Readers of what AWS says of the caller and of the account: the clock, the alias, permissions, quotas."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime

from strategies import chosen
from strategies.base import Situation
from strategies.common import effective
from strategies.facts import (
    AWS_ACCOUNT_ALIAS,
    AWS_CLOCK,
    AWS_DRY_RUNS,
    AWS_IDENTITY,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_QUOTAS,
    DryRuns,
    FactError,
    SimulatedPermissions,
)
from strategies.ports import FactFailureError, Reader
from strategies.resources.aws.caller import read_alias, read_clock
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.permissions import read_boundary, read_dry_runs, read_permissions
from strategies.resources.aws.quotas import read_quotas


def account_readers(sessions: AwsSessions, clock: Callable[[], datetime]) -> Sequence[Reader]:
    """One reader for each fact. ``clock`` is this machine's, which is measured against AWS's."""

    def at(situation: Situation) -> AwsClients:
        return sessions.clients(effective.profile(situation), effective.region(situation))

    return (
        Reader(AWS_CLOCK.id, effective.aws_place, lambda situation: read_clock(at(situation), clock)),
        Reader(AWS_ACCOUNT_ALIAS.id, effective.aws_place, lambda situation: read_alias(at(situation))),
        Reader(
            AWS_QUOTAS.id,
            _quotas_inputs,
            lambda situation: read_quotas(at(situation), chosen.quotas(situation.answers)),
        ),
        Reader(AWS_PERMISSIONS.id, _permissions_inputs, lambda situation: _permissions(at(situation), situation)),
        Reader(AWS_DRY_RUNS.id, _dry_runs_inputs, lambda situation: _dry_runs(at(situation), situation)),
        Reader(
            AWS_PERMISSIONS_BOUNDARY.id,
            lambda situation: _with_place(situation, chosen.boundary(situation.answers)),
            lambda situation: read_boundary(at(situation), chosen.boundary(situation.answers)),
        ),
    )


def _with_place(situation: Situation, *others: Hashable) -> Hashable | None:
    place = effective.aws_place(situation)
    return None if place is None else (place, *others)


def _quotas_inputs(situation: Situation) -> Hashable | None:
    """Where a plan can meet none, none is asked for."""
    asked = chosen.quotas(situation.answers)
    return _with_place(situation, asked) if asked else None


def _permissions_inputs(situation: Situation) -> Hashable | None:
    """Whose credentials they are is read before: the simulator is asked about a principal by its ARN."""
    identity = situation.facts.get(AWS_IDENTITY)
    needed = chosen.permissions(situation.answers)
    return None if identity is None or needed is None else _with_place(situation, identity.arn, needed)


def _permissions(clients: AwsClients, situation: Situation) -> SimulatedPermissions:
    identity, needed = situation.facts.get(AWS_IDENTITY), chosen.permissions(situation.answers)
    if identity is None or needed is None:
        raise FactFailureError(FactError("whose credentials these are is not known"))
    return read_permissions(clients, identity, needed)


def _dry_runs_inputs(situation: Situation) -> Hashable | None:
    trials = chosen.dry_runs(situation)
    return None if trials is None else _with_place(situation, trials)


def _dry_runs(clients: AwsClients, situation: Situation) -> DryRuns:
    return read_dry_runs(clients, chosen.dry_runs(situation) or ())
