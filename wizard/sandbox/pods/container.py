"""One container as a local process: its command line, its environment, its log, its readiness."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from wizard.sandbox.cluster.objects import Json, Object, dig, mapping, mappings, namespace_of, number, strings, text
from wizard.sandbox.cluster.store import Store
from wizard.sandbox.pods import vpc_python
from wizard.sandbox.pods.volumes import NotReadyError, Volumes, contents, field
from wizard.sandbox.reaper import Reaper

_FLAGS = frozenset({"-B", "-E", "-I", "-S", "-s", "-u"})
"""Flags of the interpreter that take no value."""


@dataclass(frozen=True, slots=True)
class PodNetwork:
    """How a pod's Python sees the VPC: the addresses (``HOST:PORT``) of its resolver and of its CONNECT proxy."""

    resolver: str
    proxy: str


class Container:
    """The first container of a pod.

    ``surroundings`` are the variables that the cluster's network gives to every process; with ``network``, Python programs see
    the VPC's names and addresses without any variable.
    """

    def __init__(
        self,
        store: Store,
        pod: Object,
        folder: Path,
        volumes: Volumes,
        *,
        surroundings: Mapping[str, str],
        reaper: Reaper,
        network: PodNetwork | None = None,
    ) -> None:
        self._store = store
        self._pod = pod
        self._spec: Mapping[str, Json] = mappings(dig(pod, "spec", "containers"))[0]
        self._folder = folder
        self._localise = volumes.localise(self._spec)
        self._surroundings = surroundings
        self._reaper = reaper
        self._network = network
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"

    @property
    def name(self) -> str:
        """The container's name."""
        return text(self._spec.get("name"))

    def start(self) -> None:
        """Start the process. Raises NotReadyError with the reason a container runtime would give."""
        argv = self._argv([*strings(self._spec.get("command")), *strings(self._spec.get("args"))])
        environment = self._environment()
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=environment,
                start_new_session=True,
            )
        self._reaper.started(self._process.pid)

    def exit_code(self) -> int | None:
        """How the process ended, or None while it runs."""
        code = None if self._process is None else self._process.poll()
        if code is not None and self._process is not None:
            self._reaper.ended(self._process.pid)
        return code

    def ready(self) -> bool:
        """True when the readiness probe succeeds; without an exec probe, while the process runs."""
        command = strings(dig(mapping(self._spec.get("readinessProbe")), "exec", "command"))
        if self.exit_code() is not None:
            return False
        if not command:
            return True
        timeout = number(dig(mapping(self._spec.get("readinessProbe")), "timeoutSeconds"), 1)
        try:
            probe = subprocess.run(
                self._argv(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=self._environment(),
                timeout=timeout,
                check=False,
            )
        except (subprocess.TimeoutExpired, NotReadyError):
            return False
        return probe.returncode == 0

    @property
    def probed(self) -> bool:
        """True when readiness is found out by running a command."""
        return bool(dig(mapping(self._spec.get("readinessProbe")), "exec", "command"))

    @property
    def probe_period(self) -> float:
        """Seconds between two probes."""
        return float(number(dig(mapping(self._spec.get("readinessProbe")), "periodSeconds"), 10))

    def stop(self, grace: float) -> None:
        """SIGTERM to the process group, SIGKILL after ``grace`` seconds."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        # macOS answers EPERM, not ESRCH, for a group whose processes have all ended and were not yet waited for.
        for number_, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number_)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=patience)
                break
        self._reaper.ended(process.pid)

    def _argv(self, command: Sequence[str]) -> list[str]:
        if not command:
            raise NotReadyError("CreateContainerError", "no command specified: the sandbox does not know the image's own")
        program, *arguments = (self._localise(word) for word in command)
        if program in {"python3", "/usr/bin/python3"}:
            return self._python(arguments)
        found = shutil.which(program)
        if found is None:
            raise NotReadyError("RunContainerError", f'exec: "{program}": executable file not found in $PATH')
        return [found, *arguments]

    def _python(self, arguments: Sequence[str]) -> list[str]:
        """The interpreter of this program stands for the image's."""
        flags = list(takewhile(_FLAGS.__contains__, arguments))
        if self._network is None:
            return [sys.executable, *arguments]
        where = (self._network.resolver, self._network.proxy)
        return [sys.executable, *flags, vpc_python.__file__, *where, *arguments[len(flags) :]]

    def _environment(self) -> dict[str, str]:
        base = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._folder), "LANG": "C.UTF-8"}
        own = {text(entry.get("name")): self._localise(self._value(entry)) for entry in mappings(self._spec.get("env"))}
        return base | dict(self._surroundings) | own

    def _value(self, entry: Object) -> str:
        source = mapping(entry.get("valueFrom"))
        if not source:
            return text(entry.get("value"))
        if "fieldRef" in source:
            try:
                return field(self._pod, text(dig(source, "fieldRef", "fieldPath")))
            except LookupError as error:
                raise NotReadyError("CreateContainerConfigError", str(error)) from error
        for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if key in source:
                wanted = mapping(source[key])
                name, item = text(wanted.get("name")), text(wanted.get("key"))
                found = contents(self._store, kind, namespace_of(self._pod), name)
                if found is not None and item in found:
                    return found[item].decode()
                if wanted.get("optional") is True:
                    return ""
                missing = (
                    f'{kind.lower()} "{name}" not found' if found is None else f"couldn't find key {item} in {kind} {name}"
                )
                raise NotReadyError("CreateContainerConfigError", missing)
        raise NotReadyError(
            "CreateContainerConfigError", f"the sandbox does not know the source of variable {entry.get('name')}"
        )
