"""The operator with kopf's own WebhookServer in the place of ours. Usage: as of `python -m icecream_operator`."""

import argparse
import sys
from typing import Any

import kopf

from icecream_operator.__main__ import main
from icecream_operator.webhook import operation
from icecream_operator.webhook.cert_watcher import CertWatcher
from reconciling.endpoints import Address


def server(at: Address, _cert_watcher: CertWatcher, _handler_ids: Any) -> kopf.WebhookServer:
    folder = argparse.ArgumentParser()
    folder.add_argument("--webhook-cert-dir")
    cert_dir = folder.parse_known_args()[0].webhook_cert_dir
    return kopf.WebhookServer(
        addr=at.host, port=at.port, certfile=f"{cert_dir}/tls.crt", pkeyfile=f"{cert_dir}/tls.key"
    )


if __name__ == "__main__":
    vars(operation)["WebhookServer"] = server
    sys.exit(main())
