"""GitHub Pages of the organisation: Helm repositories, each an index and the archives of its charts.

Helm docs, "The Chart Repository Guide" and "Charts". Archives are made from the scenario alone, the same bytes each time.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import yaml

from wizard.sandbox.scenario import Chart, HelmRepository

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_EPOCH = 1_767_225_600
_CREATED = "2026-01-01T00:00:00Z"


class Pages:
    """A WSGI application for ``https://ORGANISATION.github.io``."""

    def __init__(self, repositories: Sequence[HelmRepository], host: str) -> None:
        self._files: dict[str, tuple[str, bytes]] = {}
        for repository in repositories:
            self._publish(f"/{repository.name}", repository.charts, host)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            start_response("405 Method Not Allowed", [("Content-Length", "0")])
            return []
        found = self._files.get(str(environ.get("PATH_INFO", "")))
        status = "404 Not Found" if found is None else "200 OK"
        kind, body = found or ("text/html; charset=utf-8", b"<p>There isn't a GitHub Pages site here.</p>\n")
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _publish(self, folder: str, charts: Sequence[Chart], host: str) -> None:
        entries: dict[str, list[dict[str, object]]] = {}
        for chart in charts:
            name, packed = f"{folder}/{chart.name}-{chart.version}.tgz", archive(chart)
            self._files[name] = ("application/octet-stream", packed)
            entry = {
                **_metadata(chart), "created": _CREATED, "digest": hashlib.sha256(packed).hexdigest(),
                "urls": [f"https://{host}{name}"],
            }  # fmt: skip
            entries.setdefault(chart.name, []).append(entry)
        index = {"apiVersion": "v1", "entries": entries, "generated": _CREATED}
        self._files[f"{folder}/index.yaml"] = ("text/yaml; charset=utf-8", yaml.safe_dump(index, sort_keys=True).encode())


def archive(chart: Chart) -> bytes:
    """The chart as ``helm package`` packs it: everything below a folder of its name."""
    files = {"Chart.yaml": yaml.safe_dump(_metadata(chart), sort_keys=True), **chart.files}
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=_EPOCH) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path, text in sorted(files.items()):
            raw = text.encode()
            member = tarfile.TarInfo(f"{chart.name}/{path}")
            member.size, member.mtime, member.mode = len(raw), _EPOCH, 0o644
            tar.addfile(member, io.BytesIO(raw))
    return packed.getvalue()


def _metadata(chart: Chart) -> dict[str, object]:
    found: dict[str, object] = {
        "apiVersion": "v2", "name": chart.name, "version": chart.version, "type": "application",
        "description": chart.description,
    }  # fmt: skip
    if chart.app_version is not None:
        found["appVersion"] = chart.app_version
    if chart.dependencies:
        found["dependencies"] = [dict(each) for each in chart.dependencies]
    return found
