"""Reads what a GitLab of one's own is to be made from: the image, and the certificate with its key.

Nothing is read where none is to be made.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from botocore.exceptions import ClientError

from strategies.base import Situation
from strategies.common import effective
from strategies.common.shown import shown
from strategies.facts import OWN_CERTIFICATE, OWN_IMAGE, FactError, MachineImage, ServerCertificate
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.private_server.own_answers import OwnServer
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.errors import code

_NO_IMAGE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed")
_NO_TYPE = "InvalidInstanceType"
_PROMPT = "prompt:"


def own_server_readers(sessions: AwsSessions, resolve: Callable[[Situation, str], str]) -> Sequence[Reader]:
    """One reader for each fact. ``resolve`` gives the secret behind a reference and raises ResourceError."""

    def image(situation: Situation) -> MachineImage:
        clients, own = sessions.clients(effective.profile(situation), effective.region(situation)), _own(situation)
        return read_image(clients, own.image_id or "", own.instance_type)

    def certificate(situation: Situation) -> ServerCertificate:
        own = _own(situation)
        try:
            pem, key = (resolve(situation, one or "") for one in (own.certificate, own.private_key))
        except ResourceError as error:
            raise FactFailureError(FactError(f"{error.what}: {error.why}", error.remedy)) from error
        # It takes a tenth of a second to load what reads certificates: not before there is one.
        from strategies.resources.aws.own_certificate import read_certificate

        return read_certificate(pem, key)

    return (
        Reader(OWN_IMAGE.id, _image_inputs, image),
        Reader(OWN_CERTIFICATE.id, _certificate_inputs, certificate, patient=_asks),
    )


def read_image(clients: AwsClients, image_id: str, instance_type: str) -> MachineImage:
    """The image as EC2 shows it to this account, and what the instance type can run."""
    with clients.reading(f"machine image {image_id}", "ec2"):
        try:
            found = clients.ec2.describe_images(ImageIds=[image_id])["Images"]
        except ClientError as error:
            if code(error) not in _NO_IMAGE:
                raise
            found = []
        if not found:
            return MachineImage(image_id, exists=False)
        try:
            types = clients.ec2.describe_instance_types(InstanceTypes=[instance_type])["InstanceTypes"]  # type: ignore[list-item]  # any text
        except ClientError as error:
            if code(error) != _NO_TYPE:
                raise
            types = []
    one = found[0]
    return MachineImage(
        id=image_id,
        name=shown(one.get("Name", "")),
        state=one.get("State", ""),
        architecture=one.get("Architecture", ""),
        root_device=one.get("RootDeviceType", ""),
        types=tuple(kind for each in types for kind in each.get("ProcessorInfo", {}).get("SupportedArchitectures", ())),
    )


def _own(situation: Situation) -> OwnServer:
    return situation.answers.private_server.own


def _made(situation: Situation) -> bool:
    return situation.answers.strategy == "private-server" and _own(situation).make


def _image_inputs(situation: Situation) -> Hashable | None:
    place = effective.aws_place(situation)
    if place is None or not _made(situation) or _own(situation).image_id is None:
        return None
    return place, _own(situation).image_id, _own(situation).instance_type


def _certificate_inputs(situation: Situation) -> Hashable | None:
    own = _own(situation) if _made(situation) else None
    return None if own is None or None in (own.certificate, own.private_key) else (own.certificate, own.private_key)


def _asks(situation: Situation) -> bool:
    own = _own(situation)
    return any((one or "").startswith(_PROMPT) for one in (own.certificate, own.private_key))
