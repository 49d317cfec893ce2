"""The pipeline file: written on this machine, for the operator to commit to the source repository."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from strategies.base import Action, Change, FieldDiff, Group, Observed, Owner
from strategies.codecommit.pipelines import MARK
from strategies.kinds import PipelineFileResource
from strategies.ports import Execution, ResourceError

KIND: Final = "pipeline-file"


class PipelineFileHandler:
    """Reads, compares and writes the file (``ports.Handler``)."""

    kind = KIND
    rank = 0
    group = Group.GIT
    noun = ""
    found_as: str | None = None

    def read(self, resource: PipelineFileResource) -> Observed | None:
        """The file's text, or None. Raises ResourceError for what cannot be read as text."""
        path = Path(resource.path).expanduser()
        try:
            content = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "it is not a text file"
            raise ResourceError(f"Cannot read {path}", why, "Answer another codecommit.mirror.pipelineFile.") from error
        ours = MARK in content.partition("\n")[0]
        return Observed(str(path), {"content": content}, resource.owner if ours else None)

    def plan(self, resource: PipelineFileResource, observed: Observed | None) -> Change:
        """A file of somebody else's is left alone unless it already says the same."""
        conflict = None
        diff: tuple[FieldDiff, ...] = ()
        if observed is None:
            action, reason = Action.CREATE, resource.explain or "does not exist yet"
            diff = (FieldDiff("content", None, _lines(resource.content)),)
        elif observed.fields.get("content") == resource.content:
            action, reason = Action.NONE, "in place"
        else:
            action, reason = Action.UPDATE, "differs from what is asked"
            diff = (FieldDiff("content", _lines(str(observed.fields.get("content"))), _lines(resource.content)),)
            if observed.owner is None:
                conflict = f"{observed.provider_id} is there and was not written by ezgitops. Move it, or answer another path."
        return Change(
            address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
            diff=diff, depends_on=resource.depends_on, provider_id=observed.provider_id if observed else None,
            conflict=conflict, resource=resource,
        )  # fmt: skip

    def create(self, resource: PipelineFileResource, run: Execution) -> Mapping[str, str]:
        """Write it whole or not at all, 0644."""
        path = Path(resource.path).expanduser()
        try:
            with run.mutation("file:write", {"path": str(path)}):
                path.parent.mkdir(parents=True, exist_ok=True)
                _replace(path, resource.content)
        except OSError as error:
            why = error.strerror or str(error)
            raise ResourceError(f"Cannot write {path}", why, "Answer a path that can be written.") from error
        return {"path": str(path)}

    def update(self, resource: PipelineFileResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """Write it again."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Remove the file; gone already is success."""
        with run.mutation("file:delete", {"path": observed.provider_id}):
            Path(observed.provider_id).unlink(missing_ok=True)

    def owned(self, owner: Owner) -> Iterable[Observed]:  # noqa: ARG002 - the port
        """Nothing: a file belongs to whoever committed it, and no mark says on which machine it was written."""
        return ()


def _replace(path: Path, content: str) -> None:
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _lines(content: str) -> str:
    return f"({len(content.splitlines())} lines)"
