"""A moto server with security groups on interfaces; counts the calls that it answers.

Prints its port on the first line; `GET /calls` tells the calls so far by operation and forgets them.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = sys.argv[1] if len(sys.argv) > 1 else "true"

from io import BytesIO

from moto.ec2.models import ec2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REGION, ACCOUNT = "us-east-1", "123456789012"
BULK = 200
FIXTURES = (
    ("tcp", "11112", "11112", ["0.0.0.0/0"]),
    ("tcp", "11112", "11112", ["pl"]),
    ("tcp", "11112", "11112", ["0.0.0.0/1", "128.0.0.0/1"]),
    ("tcp", "1", "65535", ["0.0.0.0/0"]),
    ("tcp", "11000", "12000", ["0.0.0.0/0"]),
    ("udp", "0", "65535", ["0.0.0.0/0"]),
    ("-1", "-1", "-1", ["0.0.0.0/0"]),
    ("tcp", "11112", "11112", ["52.0.0.0/8"]),
)


def fill() -> None:
    ec2 = ec2_backends[ACCOUNT][REGION]
    vpc = ec2.create_vpc("10.0.0.0/16")
    subnet = ec2.create_subnet(vpc.id, "10.0.0.0/20")
    listed = ec2.create_managed_prefix_list("IPv4", [{"Cidr": "0.0.0.0/0"}], "1", "everyone")
    rules = [("tcp", "11112", "11112", ["0.0.0.0/0" if n % 5 == 0 else "10.0.0.0/8"]) for n in range(BULK)]
    for number, (protocol, low, high, sources) in enumerate([*rules, *FIXTURES]):
        group = ec2.create_security_group(f"group-{number}", "of the benchmark", vpc.id, {})
        lists = [{"PrefixListId": listed.id}] if sources == ["pl"] else []
        ranges = [] if lists else [{"CidrIp": one} for one in sources]
        ec2.authorize_security_group_ingress(group.id, protocol, low, high, ranges, prefix_list_ids=lists)
        address = f"10.0.{number // 200}.{10 + number % 200}"
        ec2.create_network_interface(subnet, address, group_ids=[group.id])


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  (werkzeug's name)
        """Nothing."""


def main() -> None:
    fill()
    moto = DomainDispatcherApplication(create_backend_app)
    calls: Counter[str] = Counter()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/calls":
            body = json.dumps(calls).encode()
            calls.clear()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = BytesIO(body)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        action = parse_qs(body.decode("latin-1")).get("Action", [target or environ["PATH_INFO"]])[0]
        calls[action] += 1
        answered: Iterable[bytes] = moto(environ, start_response)
        return answered

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
