"""The hospital that the lab shows: its accounts, networks, machines and what leads to them.

Good and bad stand side by side. What is wrong on purpose is said where it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orthaudit.lab.build import Place

HOSPITAL: Final = "111122223333"
"""The account with the archive; it manages the organization, and the caller is a user of it."""
NETWORK: Final = "444455556666"
"""A member account with the transit gateway."""
SUSPENDED: Final = "777788889999"
"""A member account that is closed."""

ON_PREMISES: Final = "10.9.0.0/16"
"""The hospital's own network, behind the site-to-site VPNs and Direct Connect."""


@dataclass(frozen=True, slots=True)
class LabListener:
    """A DICOM listener of the estate, and the port on 127.0.0.1 that stands for it."""

    name: str
    address: str
    port: int
    loopback_port: int


LISTENERS: Final = (
    LabListener("archive-a", "10.20.11.21", 11112, 31112),
    LabListener("archive-b", "10.20.1.22", 11112, 31113),
    LabListener("gateway", "10.20.12.23", 104, 31104),
    LabListener("staging", "10.30.0.24", 2762, 31762),
)
"""`standby` (10.20.12.25:11112) has none: nobody can look at it."""


def build(now: datetime) -> Mapping[str, str]:
    """Make all of it in moto's state. Returns the ids by name, as `LabAws.ids` has them."""
    from orthaudit.lab import estate_client_vpn, estate_services, estate_ways
    from orthaudit.lab.build import Place

    ids: dict[str, str] = {}
    hospital = Place(HOSPITAL, "ca-central-1", ids, now)
    _networks(hospital)
    _security_groups(hospital)
    _instances(hospital)
    estate_client_vpn.client_vpns(hospital)
    estate_ways.site_vpns(hospital)
    estate_ways.direct_connect(hospital)
    estate_services.load_balancer(hospital)
    estate_services.database(hospital)
    estate_services.bucket(hospital)
    estate_services.organization(hospital)
    _teaching(Place(HOSPITAL, "us-east-1", ids, now))
    _network_account(Place(NETWORK, "ca-central-1", ids, now))
    Place(NETWORK, "us-east-1", ids, now).vpc("spare", "10.60.0.0/16")
    return ids


def _networks(place: Place) -> None:
    imaging = place.vpc("imaging", "10.20.0.0/16")
    public_a = place.subnet("public-a", imaging, "10.20.0.0/24", "a")
    public_b = place.subnet("public-b", imaging, "10.20.1.0/24", "b")
    private_a = place.subnet("private-a", imaging, "10.20.11.0/24", "a")
    private_b = place.subnet("private-b", imaging, "10.20.12.0/24", "b")
    internet = place.internet_gateway("imaging", imaging)
    sites = place.vpn_gateway("imaging", imaging)
    nat = place.nat_gateway("imaging", public_a, "10.20.0.10", "203.0.113.10")

    public = place.route_table("public", imaging, public_a, public_b)
    place.ec2.create_route(public, "0.0.0.0/0", gateway_id=internet)
    private = place.route_table("private", imaging, private_a, private_b)
    place.ec2.create_route(private, "0.0.0.0/0", nat_gateway_id=nat)
    place.propagate(private, sites, ON_PREMISES)

    research = place.vpc("research", "10.30.0.0/16")
    place.subnet("research-a", research, "10.30.0.0/24", "a")
    place.peering("research", research, imaging)

    place.flow_log("imaging", imaging, "ALL")
    place.flow_log("research", research, "REJECT")  # bad: never shows an image


def _security_groups(place: Place) -> None:
    imaging, research = place.ids["imaging.vpc"], place.ids["research.vpc"]
    clinics = place.prefix_list("clinics", {"198.51.100.7/32": "clinic-a proxy"})
    radiologists = place.security_group("vpn-radiologists", imaging, [])
    place.security_group("vpn-vendor", imaging, [], egress=False)  # bad: its way cannot work
    place.security_group("archive", imaging, [(11112, clinics), (11112, radiologists), (11112, ON_PREMISES)])
    # Bad: the whole Internet, in two halves.
    place.security_group("legacy-import", imaging, [(11112, "0.0.0.0/1"), (11112, "128.0.0.0/1")])
    place.security_group("gateway", imaging, [(104, ON_PREMISES)])
    place.security_group("research", research, [(2762, "10.20.0.0/16"), (2762, "10.30.0.0/16")])


def _instances(place: Place) -> None:
    for name, subnet, address, groups in (
        ("archive-a", "private-a", "10.20.11.21", ("archive",)),
        ("archive-b", "public-b", "10.20.1.22", ("archive", "legacy-import")),
        ("gateway", "private-b", "10.20.12.23", ("gateway",)),
        ("standby", "private-b", "10.20.12.25", ("archive",)),
        ("staging", "research-a", "10.30.0.24", ("research",)),
    ):
        place.instance(name, place.ids[f"{subnet}.subnet"], address, [place.ids[f"{group}.sg"] for group in groups])
    place.elastic_address("archive-b", "203.0.113.22", place.ids["archive-b.eni"])


def _teaching(place: Place) -> None:
    teaching = place.vpc("teaching", "10.40.0.0/16")
    place.subnet("teaching-a", teaching, "10.40.0.0/24", "a")
    place.security_group("teaching-web", teaching, [(443, "0.0.0.0/0")])


def _network_account(place: Place) -> None:
    network = place.vpc("network", "10.50.0.0/16")
    subnet = place.subnet("network-a", network, "10.50.0.0/24", "a")
    place.security_group("jump", network, [(22, "10.50.0.0/16")])
    place.prefix_list("sites", {ON_PREMISES: "hospital sites"})
    core = place.ec2.create_transit_gateway("core", tags=[{"Key": "Name", "Value": "core"}])
    place.named("core", "tgw", core.id)
    attachment = place.ec2.create_transit_gateway_vpc_attachment(core.id, network, [subnet], tags={"Name": "network"})
    place.named("network", "tgw-attach", attachment.id)
    place.named("core", "tgw-rtb", core.default_route_table.id)
    place.ec2.enable_transit_gateway_route_table_propagation(attachment.id, core.default_route_table.id)
