"""A snapshot of 100,000 interfaces: `write PATH` makes it, `load PATH` loads it and types every interface."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from orthaudit.declared import Config
from orthaudit.evidence import Answer, LedgerLine, LedgerStatus, Scope, Snapshot, Structure
from orthaudit.model.estate import Estate
from orthaudit.model.network_interface import NETWORK_INTERFACES, NetworkInterface
from orthaudit.saved import load, save

COUNT = 100_000
PLACE = ("111122223333", "ca-central-1")


def interface(number: int) -> Structure:
    """As AWS answers it, every third one with a public address."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    public: Structure = {
        "PublicIp": f"198.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "IpOwnerId": PLACE[0],
    }
    association: Structure = {"Association": public} if number % 3 == 0 else {}
    return {
        "AvailabilityZone": "ca-central-1a",
        "Description": "",
        "Groups": [{"GroupName": f"group-{number % 8000}", "GroupId": f"sg-{number % 8000:017x}"}],
        "InterfaceType": "interface",
        "Ipv6Addresses": [],
        "MacAddress": "02:00:00:00:00:00",
        "NetworkInterfaceId": f"eni-{number:017x}",
        "OwnerId": PLACE[0],
        "PrivateDnsName": f"ip-{address.replace('.', '-')}.ca-central-1.compute.internal",
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address, **association}],
        "RequesterManaged": False,
        "SourceDestCheck": True,
        "Status": "in-use",
        "SubnetId": f"subnet-{number % 6000:017x}",
        "TagSet": [{"Key": "Name", "Value": f"host-{number}"}],
        "VpcId": f"vpc-{number % 1000:017x}",
        "Attachment": {"AttachmentId": f"eni-attach-{number:017x}", "DeviceIndex": 0, "InstanceId": f"i-{number:017x}",
                       "InstanceOwnerId": PLACE[0], "Status": "attached", "DeleteOnTermination": True},
        **association,
    }  # fmt: skip


def main() -> None:
    action, path = sys.argv[1], Path(sys.argv[2])
    if action == "write":
        answer = Answer({}, {"NetworkInterfaces": [interface(number) for number in range(COUNT)]})
        line = LedgerLine(*PLACE, "ec2", "DescribeNetworkInterfaces", LedgerStatus.OK)
        scope = Scope((PLACE[0],), (PLACE[1],), (PLACE,))
        save(Snapshot("0", datetime.now(UTC), scope, (line,), {(*PLACE, NETWORK_INTERFACES): (answer,)}), path)
        return
    interfaces = Estate(load(path), Config(), datetime.now(UTC)).all(NetworkInterface)
    if len(interfaces.items) != COUNT or interfaces.missing:
        sys.exit(f"{len(interfaces.items)} interfaces were typed")


if __name__ == "__main__":
    main()
