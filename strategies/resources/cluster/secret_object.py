"""Secrets of the cluster that hold values known by reference alone: looked up to be compared and sent, and told nobody."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from strategies.base import Change, Group, Json, Observed, Owner
from strategies.kinds import ClusterObjectResource, SecretObjectResource, SecretText
from strategies.ports import Execution, ResourceError
from strategies.resources.cluster.apis import dig
from strategies.resources.cluster.objects import ClusterObjectHandler, describe

KIND: Final = "secret-object"


class SecretObjectHandler:
    """A cluster object whose secret values are filled in at the last moment (``ports.Handler``).

    ``resolve`` gives the secret behind a reference and raises ResourceError. No value is in a diff, an event, a journal or an
    ``Observed``: what differs is compared by the API server's dry run, and shown as ``(hidden)``.
    """

    rank = 105
    group = Group.CLUSTER
    noun = ""
    found_as: str | None = "cluster-object"

    def __init__(self, objects: ClusterObjectHandler, resolve: Callable[[str], str]) -> None:
        self._objects = objects
        self._resolve = resolve

    def read(self, resource: SecretObjectResource) -> Observed | None:
        """The Secret and the dry run's answer to the whole of what is asked. Raises ResourceError."""
        return self._objects.read(self._whole(resource))

    def plan(self, resource: SecretObjectResource, observed: Observed | None) -> Change:
        """The object's own plan."""
        # Values have no say here: all that is told of them is that they are there.
        blank = _object(resource, dict.fromkeys(resource.values, ""))
        return replace(self._objects.plan(blank, observed), kind=KIND, resource=resource)

    def create(self, resource: SecretObjectResource, run: Execution) -> Mapping[str, str]:
        """Apply it; the same call again changes nothing."""
        return self._objects.create(self._whole(resource), run)

    def update(self, resource: SecretObjectResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Apply it again, with the values as they are now."""
        return self._objects.update(self._whole(resource), observed, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Remove the Secret."""
        self._objects.delete(observed, run)

    def owned(self, owner: Owner) -> Iterable[Observed]:  # noqa: ARG002 - the port
        """Nothing of its own: the Secret is found as a cluster object."""
        return ()

    def _whole(self, resource: SecretObjectResource) -> ClusterObjectResource:
        what = f"Cannot fill {describe(resource.manifest)}"
        return _object(resource, {key: self._composed(what, key, value) for key, value in resource.values.items()})

    def _composed(self, what: str, key: str, value: SecretText) -> str:
        secret = self._resolve(value.reference)
        try:
            text = f"{value.before}{quote(secret, safe='') if value.in_url else secret}{value.after}"
            return base64.b64encode(text.encode()).decode()
        except UnicodeEncodeError:
            # Not chained: the error of the codec quotes the text.
            raise ResourceError(what, f"the secret {value.reference} for {key} is not UTF-8", "Store it as text.") from None


def _object(resource: SecretObjectResource, encoded: Mapping[str, str]) -> ClusterObjectResource:
    """The Secret as a cluster object, its secret values (base64, by key) hidden."""
    data = dig(resource.manifest, "data")
    manifest: dict[str, Json] = {
        **resource.manifest, "data": {**(data if isinstance(data, Mapping) else {}), **encoded}
    }  # fmt: skip
    return ClusterObjectResource(
        address=resource.address, title=resource.title, group=resource.group, owner=resource.owner,
        depends_on=resource.depends_on, explain=resource.explain, manifest=manifest,
        hidden=tuple(f"data.{key}" for key in resource.values),
    )  # fmt: skip
