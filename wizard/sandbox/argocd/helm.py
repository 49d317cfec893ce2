"""Helm repositories, as Argo CD and its helm reach them (argo-cd ``util/helm/client.go``; helm ``pkg/repo``).

Dependencies of a chart are fetched by a helm that has the proxy of the *Application's* repository, whatever the Secret of the
dependency's repository says; that Secret gives the login alone (argo-cd ``reposerver/repository/repository.go``, helmTemplate).
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tarfile
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import yaml

from wizard.sandbox.argocd.credentials import Repository
from wizard.sandbox.argocd.proxies import ProxySettings
from wizard.sandbox.argocd.render import RenderError
from wizard.sandbox.argocd.transport import Answer, Client, Network, TransportError
from wizard.sandbox.cluster.objects import Object, mapping, mappings, strings, text

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_LARGEST = 16 * 1024 * 1024


class HelmClient:
    """One Helm repository: ``settings`` say which proxy holds, ``repository`` the login; charts are kept under ``folder``."""

    def __init__(self, repository: Repository, network: Network, folder: Path, settings: ProxySettings | None = None) -> None:
        self._repository = repository
        own = ProxySettings(repository.proxy, repository.no_proxy, network.environ)
        self._client = Client(network, settings or own, insecure=repository.insecure)
        self._folder = folder
        self._url = repository.url.rstrip("/")

    def resolve(self, chart: str, revision: str) -> str:
        """The version that an Application's ``targetRevision`` means: itself, or the newest. Raises RenderError."""
        if _VERSION.fullmatch(revision):
            return revision
        if revision not in {"", "*"}:
            raise RenderError(f"invalid revision: the sandbox knows whole versions and *, not {revision!r}")
        try:
            entries = self._entries(chart)
        except TransportError as error:
            raise RenderError(f"error loading repo index: {error}") from error
        released = [text(each.get("version")) for each in entries if "-" not in text(each.get("version"))]
        if not released:
            raise RenderError(f"chart '{chart}' not found in index")
        return max(released, key=_order)

    def chart(self, chart: str, version: str) -> Path:
        """The folder of a chart, fetched where it is not there yet. Raises RenderError in the words of ``helm pull``."""
        command = f"`helm pull --destination <path> --version {version} --repo {self._repository.url} {chart}`"
        try:
            return self._fetched(chart, version)
        except TransportError as error:
            failed = f"failed to fetch chart: failed running helm: {command} failed exit status 1"
            raise RenderError(f"error fetching chart: {failed}: Error: {error}") from error

    def dependency(self, chart: str, version: str) -> Path:
        """The same for a chart that another one depends on, in the words of ``helm dependency build``."""
        command = f"`helm repo add {self._repository.url} {self._repository.url}`"
        try:
            return self._fetched(chart, version)
        except TransportError as error:
            raise RenderError(
                f"error building helm chart dependencies: failed to add helm repository {self._repository.url}: failed to add "
                f"repository: failed running helm: {command} failed exit status 1: Error: {error}"
            ) from error

    def _fetched(self, chart: str, version: str) -> Path:
        target = self._folder / f"chart-{hashlib.sha256(f'{self._url} {chart} {version}'.encode()).hexdigest()[:16]}"
        if (target / chart).is_dir():
            return target / chart
        try:
            entries = self._entries(chart)
        except TransportError as error:
            reached = f'looks like "{self._repository.url}" is not a valid chart repository or cannot be reached'
            raise TransportError(f"{reached}: {error}") from error
        entry = next(
            (each for each in entries if text(each.get("version")).removeprefix("v") == version.removeprefix("v")), None
        )
        urls = strings((entry or {}).get("urls"))
        if entry is None or not urls:
            raise TransportError(f'chart "{chart}" version "{version}" not found in {self._repository.url} repository')
        url = urljoin(f"{self._url}/", urls[0])
        answer = self._get(url)
        if answer.status != 200:
            raise TransportError(f"failed to fetch {url} : {answer.status} {answer.reason}")
        digest = text(entry.get("digest")).removeprefix("sha256:")
        if digest and hashlib.sha256(answer.body).hexdigest() != digest:
            raise TransportError(f"{url}: the archive's digest is another than that of the index")
        _unpack(answer.body, target)
        if not (target / chart / "Chart.yaml").is_file():
            raise TransportError("Chart.yaml file is missing")
        return target / chart

    def _entries(self, chart: str) -> list[Object]:
        answer = self._get(f"{self._url}/index.yaml")
        if answer.status != 200:
            raise TransportError(f"failed to get index: {answer.status} {answer.reason}")
        try:
            index = yaml.safe_load(answer.body)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise TransportError("error decoding index: it is no YAML") from error
        return mappings(mapping(mapping(index).get("entries")).get(chart))

    def _get(self, url: str) -> Answer:
        headers = {"User-Agent": "argocd-repo-server (sandbox)"}
        repository = self._repository
        # The login is for the repository's own host, unless helm is told to pass it on.
        if (repository.username or repository.password) and urlsplit(url).netloc == urlsplit(self._url).netloc:
            login = base64.b64encode(f"{repository.username}:{repository.password}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        try:
            return self._client.request("GET", url, headers, limit=_LARGEST, follow=True)
        except TransportError as error:
            raise TransportError(f'Get "{url}": {error}') from error


def _order(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version)
    return tuple(int(part) for part in match.groups()[:3]) if match else ()


def _unpack(packed: bytes, folder: Path) -> None:
    """Plain files of an archive, none of them outside of the folder, and not more than ``_LARGEST`` bytes."""
    left = _LARGEST
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    raise TransportError("chart illegally references parent directory")
                left -= member.size
                content = tar.extractfile(member) if member.isreg() and left >= 0 else None
                if left < 0:
                    raise TransportError("the chart is larger than the allowed maximum")
                if content is not None:
                    target = folder.joinpath(*path.parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.read())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise TransportError("file does not appear to be a valid chart archive") from error
