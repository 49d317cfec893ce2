"""The account's instances as machines: where each is, whether it runs, and whether its subnet's routes lead to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wizard.sandbox.aws.world import World
from wizard.sandbox.machines.spec import Host, MachineSpec

if TYPE_CHECKING:
    from moto.ec2.models.instances import Instance

_EVERYWHERE = "0.0.0.0/0"
_ROOTS = ("/dev/sda1", "/dev/xvda")


class Hosts:
    """The machines at the moment of each question. Whoever asks holds the world's lock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._images = {one.id: one.machine for one in world.scenario.images}
        self._specs = {one.id: one.machine for vpc in world.scenario.vpcs for one in vpc.instances}

    def all(self) -> list[Host]:
        """Every machine that is not terminated."""
        return [self._host(one) for one in self._there()]

    def by_id(self, instance_id: str) -> Host | None:
        """The machine with this id, unless it is terminated."""
        return next((self._host(one) for one in self._there() if one.id == instance_id), None)

    def by_address(self, address: str) -> Host | None:
        """The machine with this private address, unless it is terminated."""
        return next((self._host(one) for one in self._there() if one.private_ip == address), None)

    def _there(self) -> Iterator[Instance]:
        return (one for one in self._world.ec2.all_instances() if one.state != "terminated")

    def _host(self, instance: Instance) -> Host:
        # What was made later is as its image is: bare, unless the scenario says otherwise.
        spec = self._specs.get(instance.id) or self._images.get(instance.image_id) or MachineSpec()
        name = self._world.ec2.tags.get(instance.id, {}).get("Name", instance.id)
        running = instance.state == "running"
        address, routed = str(instance.private_ip), self._routed_out(instance)
        return Host(instance.id, str(name), address, running, routed, spec, self._volumes(instance))

    def _volumes(self, instance: Instance) -> tuple[str, ...]:
        """The volumes attached to it, but for the disk that it starts from."""
        attached = [one for one in self._world.ec2.volumes.values() if one.attachment is not None]
        ours = [one for one in attached if one.attachment.instance.id == instance.id]
        return tuple(str(one.id) for one in ours if one.attachment.device not in _ROOTS)

    def _routed_out(self, instance: Instance) -> bool:
        """A NAT gateway serves every machine, an internet gateway those with a public address (VPC user guide)."""
        tables = [one for one in self._world.ec2.route_tables.values() if one.vpc_id == instance.vpc_id]
        own = next((one for one in tables if instance.subnet_id in one._associations.values()), None)
        table = own or next((one for one in tables if one.main_association_id is not None), None)
        for route in table.routes if table is not None else ():
            if route.destination_cidr_block == _EVERYWHERE:
                return bool(route.nat_gateway_id or (route.gateway_id and instance.public_ip))
        return False
