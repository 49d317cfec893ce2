"""Reads botocore's service models as plain dictionaries: a third of the time that a client takes to be made is their reading.

botocore asks ``json`` for ``OrderedDict``, from a time when dictionaries had no order, which keeps the decoder from its fast
way. The loader of files is a part of its ``Loader`` that can be exchanged (botocore, ``loaders.py``).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from botocore.loaders import JSONFileLoader, Loader, create_loader


class PlainFileLoader(JSONFileLoader):
    """The same files, with the same content in the same order."""

    def load_file(self, file_path: str) -> object:
        """The model at ``file_path``, given without its ending; None where there is none."""
        for ending, read in ((".json", Path.read_bytes), (".json.gz", _unpacked)):
            file = Path(f"{file_path}{ending}")
            if file.is_file():
                return json.loads(read(file))
        return None


def plain_loader(data_path: str | None) -> Loader:
    """A loader of models; ``data_path`` are more folders to search first, as the profile or ``AWS_DATA_PATH`` names them."""
    loader = create_loader(data_path)
    loader.file_loader = PlainFileLoader()
    return loader


def _unpacked(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes())
