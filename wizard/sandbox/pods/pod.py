"""The life of one pod: from Pending over Running to its end, as kubelet reports it."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.objects import Json, Object, dig, mapping, mappings, name_of, namespace_of, number, text
from wizard.sandbox.cluster.store import Store
from wizard.sandbox.pods.container import Container, PodNetwork
from wizard.sandbox.pods.volumes import Mint, NotReadyError, Volumes
from wizard.sandbox.reaper import Reaper

_TICK = 0.2
_FIRST_BACKOFF = 1.0
_LAST_BACKOFF = 10.0
_RETRY = 1.0


@dataclass(frozen=True, slots=True)
class Node:
    """What a pod needs of the machine it runs on."""

    store: Store
    clock: SandboxClock
    folder: Path
    surroundings: Mapping[str, str]
    mint: Mint
    reaper: Reaper
    known_images: Callable[[], frozenset[str]]
    note: Callable[[str], None]
    network: PodNetwork | None = None


class Pod:
    """One pod in a thread of its own. ``changed`` is called after each change of its state."""

    def __init__(self, node: Node, manifest: Object, *, restarts: bool, changed: Callable[[], None]) -> None:
        self._node = node
        self._restarts = restarts
        self._changed = changed
        self._object = node.store.create(manifest, manager="kube-controller-manager")
        self._folder = node.folder / text(dig(self._object, "metadata", "uid"))
        self._folder.mkdir(mode=0o700)
        self._log = self._folder / "log"
        self._stop = threading.Event()
        self._restart_count = 0
        self._pulls = 0
        self.ready = False
        self.exit_code: int | None = None
        self._thread = threading.Thread(target=self._live, name=f"pod-{self.name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The pod's name."""
        return name_of(self._object)

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return namespace_of(self._object)

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def begin_stop(self) -> None:
        """Ask it to end."""
        self._stop.set()

    def join(self) -> None:
        """Wait until its process is gone and its object deleted."""
        self._thread.join()

    def _live(self) -> None:
        backoff = _FIRST_BACKOFF
        try:
            while not self._stop.is_set():
                try:
                    began = time.monotonic()
                    code = self._run_once()
                except NotReadyError as error:
                    self._waiting(error.reason, str(error))
                    self._stop.wait(_RETRY)
                    continue
                if code is None or not self._restarts:
                    return
                if time.monotonic() - began > 10 * _LAST_BACKOFF:
                    backoff = _FIRST_BACKOFF
                self._restart_count += 1
                self._waiting(
                    "CrashLoopBackOff", f"back-off {backoff:.0f}s restarting failed container (exit code {code})", "Running"
                )
                self._stop.wait(backoff)
                backoff = min(backoff * 2, _LAST_BACKOFF)
        finally:
            if self._stop.is_set():
                self._node.store.delete("Pod", self.namespace, self.name)
                shutil.rmtree(self._folder, ignore_errors=True)

    def _run_once(self) -> int | None:
        """Run the container to its end; the exit code, or None when it was stopped."""
        node = self._node
        images = [text(container.get("image")) for container in mappings(dig(self._object, "spec", "containers"))]
        if len(images) != 1 or mappings(dig(self._object, "spec", "initContainers")):
            raise NotReadyError("CreateContainerError", "the sandbox runs pods of exactly one container")
        if images[0] not in node.known_images():
            raise self._not_pulled(images[0])
        volumes = Volumes(node.store, self._object, self._folder, mint=node.mint, now=node.clock)
        try:
            volumes.materialise()
        except ApiError as error:
            raise NotReadyError("FailedMount", str(error)) from error
        container = Container(
            node.store,
            self._object,
            self._folder,
            volumes,
            surroundings=node.surroundings,
            reaper=node.reaper,
            network=node.network,
        )
        container.start()
        try:
            return self._watch(container, volumes)
        finally:
            container.stop(float(number(dig(self._object, "spec", "terminationGracePeriodSeconds"), 30)))
            self.ready = False

    def _not_pulled(self, image: str) -> NotReadyError:
        """The first time why, in CRI-O's words; from then on only that it is tried again (Kubernetes, "Images")."""
        self._pulls += 1
        if self._pulls > 1:
            return NotReadyError("ImagePullBackOff", f'Back-off pulling image "{image}"')
        name, _, digest = image.partition("@")
        where = f"reading manifest {digest} in {name}" if digest else f"reading manifest of {name}"
        return NotReadyError("ErrImagePull", f"initializing source docker://{image}: {where}: manifest unknown")

    def _watch(self, container: Container, volumes: Volumes) -> int | None:
        self._running(container.name, ready=False)
        probe_at = time.monotonic()
        while not self._stop.wait(_TICK):
            code = container.exit_code()
            if code is not None:
                self.exit_code = code
                self._ended(container.name, code)
                return code
            volumes.renew_tokens()
            if time.monotonic() >= probe_at:
                ready = container.ready()
                if ready != self.ready or not container.probed:
                    self._running(container.name, ready=ready)
                # Often until it is ready for the first time, so that nothing waits for the period of a healthy pod.
                probe_at = time.monotonic() + (container.probe_period if ready else _TICK)
        return None

    def _waiting(self, reason: str, message: str, phase: str = "Pending") -> None:
        self.ready = False
        self._event(reason, message)
        spec = mappings(dig(self._object, "spec", "containers"))
        waiting: list[Json] = [
            self._container_status(text(each.get("name")), {"waiting": {"reason": reason, "message": message}}, ready=False)
            for each in spec
        ]
        self._report(phase, waiting, ready=False)

    def _running(self, container: str, *, ready: bool) -> None:
        if ready == self.ready and ready:
            return
        self.ready = ready
        self._report(
            "Running", [self._container_status(container, {"running": {"startedAt": self._now()}}, ready=ready)], ready=ready
        )

    def _ended(self, container: str, code: int) -> None:
        self.ready = False
        state: Object = {
            "terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "finishedAt": self._now()}
        }
        phase = "Running" if self._restarts else "Succeeded" if code == 0 else "Failed"
        self._report(phase, [self._container_status(container, state, ready=False)], ready=False)

    def _container_status(self, name: str, state: Object, *, ready: bool) -> Object:
        image = text(mappings(dig(self._object, "spec", "containers"))[0].get("image"))
        return {
            "name": name,
            "image": image,
            "imageID": image,
            "ready": ready,
            "restartCount": self._restart_count,
            "state": state,
        }

    def _report(self, phase: str, containers: list[Json], *, ready: bool) -> None:
        truth = "True" if ready else "False"
        conditions: list[Json] = [
            {"type": kind, "status": truth, "lastTransitionTime": self._now()} for kind in ("Ready", "ContainersReady")
        ]
        status: Object = {"phase": phase, "conditions": conditions, "containerStatuses": containers, "hostIP": "10.0.1.17"}
        try:
            self._node.store.patch_status("Pod", self.namespace, self.name, status, manager="kubelet")
        except ApiError as error:
            if error.code != 404:
                raise
            # Deleted from outside (kubectl delete pod): this one ends, and its owner makes another.
            self._stop.set()
        self._changed()

    def _event(self, reason: str, message: str) -> None:
        self._node.note(f"{self.namespace}/{self.name}: {reason}: {message}")
        digest = hashlib.sha256(f"{self.name}{reason}{message}".encode()).hexdigest()[:16]
        reference: Object = {"kind": "Pod", "namespace": self.namespace, "name": self.name, "apiVersion": "v1"}
        event: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{self.name}.{digest}", "namespace": self.namespace},
            "involvedObject": reference,
            "reason": reason,
            "message": message,
            "type": "Warning",
            "lastTimestamp": self._now(),
            "source": {"component": "kubelet"},
        }
        try:
            self._node.store.apply(event, manager="kubelet")
        except ApiError:
            self._node.note(f"the event of {self.name} could not be stored")

    def _now(self) -> str:
        return f"{self._node.clock.now():%Y-%m-%dT%H:%M:%SZ}"


def manifest_of(owner: Object, template: Object, name: str) -> Object:
    """The pod that a Deployment's or Job's template describes."""
    metadata = mapping(template.get("metadata"))
    spec = mapping(template.get("spec"))
    reference: Object = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": dig(owner, "metadata", "uid"),
        "controller": True,
    }
    own: Object = {"name": name, "namespace": namespace_of(owner), "ownerReferences": [reference]}
    own |= {key: metadata[key] for key in ("labels", "annotations") if key in metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": own, "spec": {"nodeName": "ip-10-0-1-17", **spec}}
