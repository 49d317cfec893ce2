"""A Kubernetes API under test, spoken to in plain JSON through the kubernetes client's transport."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from kubernetes.client import ApiClient, Configuration

REAL = os.environ.get("EZGITOPS_CONTRACT_SERVER") == "real"

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def stand_in_only(reason: str) -> pytest.MarkDecorator:
    """Do not run against a real kube-apiserver, and say why."""
    return pytest.mark.skipif(REAL, reason=f"stand-in only: {reason}")


@dataclass(frozen=True)
class Answer:
    """An answer: HTTP status and JSON body."""

    code: int
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return str(self.body.get("reason", ""))

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))

    @property
    def causes(self) -> list[tuple[str, str]]:
        """Reason and field of each cause."""
        return [(cause["reason"], cause["field"]) for cause in self.body.get("details", {}).get("causes", [])]

    @property
    def version(self) -> str:
        return str(self.body["metadata"]["resourceVersion"])

    def fields(self, manager: str) -> dict[str, Any]:
        """What a manager holds (all its entries of ``managedFields`` together)."""
        found: dict[str, Any] = {}
        for entry in self.body["metadata"].get("managedFields", []):
            if entry["manager"] == manager:
                found |= entry["fieldsV1"]
        return found


class Kube:
    """One caller of one API server."""

    def __init__(self, url: str, ca_file: Path, token: str | None) -> None:
        self.url = url
        self.ca_file = ca_file
        self.token = token
        configuration = Configuration(host=url)
        configuration.ssl_ca_cert = str(ca_file)
        self._client = ApiClient(configuration)

    def as_token(self, token: str | None) -> Kube:
        """The same server for another caller."""
        return Kube(self.url, self.ca_file, token)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        user_agent: str = "contract/1.0",
        **query: str,
    ) -> Answer:
        """One request; refusals are answers too."""
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Content-Type": content_type, "Accept": accept, "User-Agent": user_agent}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        sent = None if body is None else json.dumps(body).encode()
        pool = self._client.rest_client.pool_manager
        response = pool.request(method, url, body=sent, headers=headers, timeout=30, retries=False)
        data = response.data
        return Answer(response.status, json.loads(data) if data[:1] == b"{" else {"text": data.decode()})

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path, **query)

    def create(self, path: str, body: Mapping[str, object], **query: str) -> Answer:
        return self.call("POST", path, body, **query)

    def apply(self, path: str, body: Mapping[str, object], manager: str = "one", **query: str) -> Answer:
        """Server-side apply to the object's own path."""
        return self.call("PATCH", path, body, content_type=APPLY, fieldManager=manager, **query)

    def patch(self, path: str, body: object, content_type: str = MERGE, **query: str) -> Answer:
        return self.call("PATCH", path, body, content_type=content_type, **query)

    def delete(self, path: str, body: object = None, **query: str) -> Answer:
        return self.call("DELETE", path, body, **query)

    def watch(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """The events of a watch, until the server ends it."""
        url = f"{self.url}{path}?{urlencode({'watch': 'true', **query})}"
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        response = self._client.rest_client.pool_manager.request(
            "GET", url, headers=headers, preload_content=False, timeout=30, retries=False
        )
        try:
            rest = b""
            for chunk in response.stream(amt=None):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        finally:
            response.close()  # what was not read makes the connection useless for another request
