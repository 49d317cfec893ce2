"""Reads what a GitLab of one's own is to be made from: the image, and the certificate with its key.

Nothing is read where none is to be made.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from strategies.base import Situation
from strategies.common import effective
from strategies.common.shown import shown
from strategies.facts import OWN_CERTIFICATE, OWN_IMAGE, FactError, MachineImage, ServerCertificate
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.private_server.own_answers import OwnServer
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.errors import code
from strategies.resources.git.servers.tls import described

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


def read_certificate(pem: str, key_pem: str) -> ServerCertificate:
    """What the certificate says of itself, and whether the key is its own. The key goes no further than here."""
    try:
        chain = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return ServerCertificate(fault="the certificate is no PEM that can be read")
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except TypeError:
        return ServerCertificate(fault="the key has a pass phrase, and nginx has nobody to ask for it")
    except ValueError:
        return ServerCertificate(fault="the key is no PEM that can be read")
    own = chain[0]
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return ServerCertificate(
        subject=shown(own.subject.rfc4514_string()),
        issuer=shown(own.issuer.rfc4514_string()),
        names=_names(own),
        not_before=own.not_valid_before_utc,
        not_after=min(one.not_valid_after_utc for one in chain),
        key_fits=own.public_key().public_bytes(*form) == key.public_key().public_bytes(*form),
        chain=all(_signed_by(one, above) for one, above in pairwise(chain)),
        certificates=len(chain),
        above=tuple(described(one) for one in chain[1:]),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(shown(one).lower() for one in listed.get_values_for_type(x509.DNSName))


def _signed_by(certificate: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


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
