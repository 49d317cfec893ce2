"""botocore's models, read faster: the same content in the same order."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.loaders import create_loader

from strategies.resources.aws.clients import AwsSessions
from strategies.resources.aws.models import PlainFileLoader, plain_loader


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_a_model_is_what_botocore_itself_reads(service: str) -> None:
    theirs, ours = (loader.load_service_model(service, "service-2") for loader in (create_loader(), plain_loader(None)))
    assert ours == theirs
    assert [list(shape.get("members", ())) for shape in ours["shapes"].values()] == [
        list(shape.get("members", ())) for shape in theirs["shapes"].values()
    ]


def test_folders_of_ones_own_come_first(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "sts" / "2011-06-15"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text('{"metadata": {"mine": true}, "operations": {}, "shapes": {}}')
    assert plain_loader(str(tmp_path / "models")).load_service_model("sts", "service-2")["metadata"] == {"mine": True}
    assert plain_loader(None).load_service_model("sts", "service-2")["metadata"]["serviceId"] == "STS"


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert PlainFileLoader().load_file(str(tmp_path / "none")) is None


def test_the_clients_use_it() -> None:
    clients = AwsSessions({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}).clients(None, "us-east-2")
    assert clients.sts.meta.region_name == "us-east-2"
    assert isinstance(clients._core.get_component("data_loader").file_loader, PlainFileLoader)
