"""Looks from inside the cluster: makes the probe's Job, waits for its pod, reads its log, and removes it whatever happens."""

from __future__ import annotations

import atexit
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial

from strategies import chosen
from strategies.base import Owner, Situation
from strategies.common import probe_job
from strategies.common.probe_job import OFF, Order
from strategies.facts import CLUSTER_PROBE, FactError, Probe, ProbeState
from strategies.ports import Reader
from strategies.resources.cluster.apis import EVENT, JOB, POD, Manifest, dig, items, text, word
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.errors import as_fact_failure, explain
from strategies.resources.cluster.probe_report import last_lines, report
from strategies.resources.parallel import both

PATIENCE = timedelta(seconds=probe_job.DEADLINE_SECONDS + 10)
_TIMEOUT = PATIENCE.total_seconds() + 30
_FIRST_PAUSE = 0.1
_LAST_PAUSE = 1.0

_PULLING = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "SignatureValidationFailed")
_GIVEN_UP = ("ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "SignatureValidationFailed")
_BROKEN = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
"""Reasons of a waiting container (Kubernetes, "Images", and ``pkg/kubelet/images``, ``pkg/kubelet/kuberuntime``)."""

_OFF = "Without it, clusterProbe: false leaves these checks out."


def probe_reader(
    client: Callable[[str], KubeClient], clock: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
) -> Reader:
    """Reader of the view from inside; ``client`` gives the client of a context."""

    def read(situation: Situation) -> Probe:
        order = chosen.probe(situation)
        if order is None or order == OFF:
            return Probe(ProbeState.OFF)
        return read_probe(client(order.context), order, clock, sleep)

    return Reader(CLUSTER_PROBE.id, chosen.probe, read, timeout=_TIMEOUT, intrusive=True)


def read_probe(client: KubeClient, order: Order, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> Probe:
    """Look once. What the cluster does not allow is part of what was seen; raises FactFailureError when it is out of reach."""
    manifest = probe_job.job(order, f"{probe_job.WORKLOAD}-{order.instance}-{secrets.token_hex(3)}")
    name = text(manifest, "metadata", "name")
    with as_fact_failure(), _removed(client, order, name):
        try:
            made, older = both(partial(client.create, JOB, manifest, order.namespace), partial(_older, client, order))
        except KubeError as error:
            if error.status == 0:
                raise
            return Probe(ProbeState.REFUSED, order.image, _advised(explain(error)))
        _remove_forgotten(client, order, made, older)
        return _watched(client, order, name, clock, sleep)


@contextmanager
def _removed(client: KubeClient, order: Order, name: str) -> Iterator[None]:
    """Removes the Job and its pod at the end of the block, or of the program: the block runs in a thread that ends with it."""
    remove = partial(_remove, client, order, name)
    # Logged in first: the login's certificate files go at the end of the program too, and the last registered goes first.
    _ = client.server
    atexit.register(remove)
    try:
        yield
    finally:
        atexit.unregister(remove)
        remove()


def _remove(client: KubeClient, order: Order, name: str) -> None:
    # Where it cannot be removed the cluster does it soon (ttlSecondsAfterFinished), and what was seen is true all the same.
    with suppress(KubeError):
        client.delete(JOB, name, order.namespace)


def _older(client: KubeClient, order: Order) -> list[Manifest]:
    """Every probe of this instance; none where this login may not list them."""
    try:
        labels = {**Owner(order.instance).labels, probe_job.NAME_LABEL: probe_job.WORKLOAD}
        return client.list(JOB, order.namespace, labels=labels, metadata=True)
    except KubeError:
        return []


def _remove_forgotten(client: KubeClient, order: Order, made: Manifest, older: list[Manifest]) -> None:
    """Remove probes that a killed run left: so old, by the API server's own clock, that nobody can be waiting for them."""
    now = _time(made)
    for one in older:
        made_at = _time(one)
        if now is not None and made_at is not None and now - made_at > PATIENCE:
            _remove(client, order, text(one, "metadata", "name"))


def _watched(
    client: KubeClient, order: Order, name: str, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> Probe:
    """Wait for the pod, and say what it said or why it could not. Raises KubeError when the cluster goes out of reach."""
    until, pause, words, pulling = clock() + PATIENCE, _FIRST_PAUSE, "", ""
    while clock() < until:
        try:
            pods = client.list(POD, order.namespace, labels={probe_job.RUN_LABEL: name})
            pod = pods[0] if pods else {}
            if text(pod, "status", "phase") in ("Succeeded", "Failed"):
                return _ended(client, order, pod)
        except KubeError as error:
            if error.status == 0:
                raise
            return Probe(ProbeState.NOT_RUN, order.image, _advised(explain(error)))
        reason, message = _waiting(pod)
        words = f"{reason}: {message}".strip(": ") or words
        if reason in _PULLING:
            # The first word says why (not found, no route); the later ones only that it is tried again.
            pulling = pulling if len(pulling) > len(message) else message
        if reason in _GIVEN_UP:
            remedy = f"Answer {order.image_key} with one, by digest, that the cluster's mirrors have."
            problem = FactError(f"{reason}: {word(pulling)}", remedy)
            return Probe(ProbeState.NO_IMAGE, order.image, problem)
        if reason in _BROKEN:
            break
        sleep(pause)
        pause = min(pause * 1.5, _LAST_PAUSE)
    return Probe(ProbeState.NOT_RUN, order.image, _not_run(client, order, name, words))


def _ended(client: KubeClient, order: Order, pod: Manifest) -> Probe:
    """What an ended pod said. Raises KubeError."""
    log = client.pod_log(order.namespace, text(pod, "metadata", "name"), 20)
    found = report(order.image, log)
    if found is not None:
        return found
    reason = text(pod, "status", "reason") or _exit_reason(pod)
    said = last_lines(log)
    words = f"the pod ended ({reason}) without a report" + (f": {said}" if said else "")
    return Probe(ProbeState.NOT_RUN, order.image, FactError(words, f"The image needs Python 3.6 or newer. {_OFF}"))


def _not_run(client: KubeClient, order: Order, name: str, words: str) -> FactError:
    """Why there is no report: what the container or the scheduler said last, else the last event of the Job or its pod."""
    if not words:
        words = _last_event(client, order, name)
    seen = f": {word(words)}" if words else ""
    remedy = f"Look at the quotas and events of the namespace, then check again. {_OFF}"
    command = f"oc get events -n {order.namespace} --sort-by=.lastTimestamp"
    return FactError(f"its pod did not come to its end within {PATIENCE.total_seconds():.0f} s{seen}", remedy, command)


def _last_event(client: KubeClient, order: Order, name: str) -> str:
    """Why the Job got no pod (a quota, an admission rule); empty where events may not be read."""
    try:
        events = client.list(EVENT, order.namespace, fields={"involvedObject.name": name})
    except KubeError:
        return ""
    last = max(events, key=lambda event: text(event, "lastTimestamp"), default={})
    return f"{text(last, 'reason')}: {text(last, 'message')}".strip(": ")


def _waiting(pod: Manifest) -> tuple[str, str]:
    """Why a pod has not begun: the container's reason and message, else the scheduler's."""
    for status in items(pod, "status", "containerStatuses"):
        waiting = dig(status, "state", "waiting")
        if waiting is not None:
            return text(waiting, "reason"), text(waiting, "message")
    for entry in items(pod, "status", "conditions"):
        if text(entry, "type") == "PodScheduled" and text(entry, "status") == "False":
            return text(entry, "reason"), text(entry, "message")
    return "", ""


def _exit_reason(pod: Manifest) -> str:
    for status in items(pod, "status", "containerStatuses"):
        ended = dig(status, "state", "terminated")
        if ended is not None:
            return f"{text(ended, 'reason') or 'ended'}, exit code {dig(ended, 'exitCode')}"
    return text(pod, "status", "phase")


def _advised(said: FactError) -> FactError:
    return FactError(said.message, f"{said.remedy} {_OFF}".strip(), said.command)


def _time(manifest: Manifest) -> datetime | None:
    try:
        return datetime.fromisoformat(text(manifest, "metadata", "creationTimestamp"))
    except ValueError:
        return None
