"""What a customer does by kubectl, and what kubectl says to that."""

import json

from workshop.system.polling import eventually
from workshop.testing.icecreams import Body
from workshop.testing.shop import Shop
from workshop.workspace.cluster import Cluster

DENIED = 'admission webhook "vicecream.kb.io" denied the request: '
NOT_ASKED = "failed calling webhook"
ANSWERS = "The webhook answers"  # what the operator logs as soon as it does


def create(cluster: Cluster, icecream: Body, *options: str) -> str:
    """Create an icecream, and return all that kubectl prints."""
    return cluster.kubectl("create", "-f", "-", *options, stdin=json.dumps(icecream), check=False)


def eventually_created(shop: Shop, icecream: Body) -> None:
    """Create an icecream as soon as that is possible."""

    def look() -> None:
        printed = create(shop.cluster, icecream)
        assert " created" in printed, printed

    eventually(look)


def eventually_gone(shop: Shop, name: str) -> None:
    """Wait until there is no such icecream any more."""

    def look() -> None:
        assert shop.icecreams.read(name) is None

    eventually(look)


def change(cluster: Cluster, name: str, **spec: object) -> str:
    """Change an icecream, and return all that kubectl prints."""
    patch = json.dumps({"spec": spec})
    return cluster.kubectl("patch", "icecream", name, "--type=merge", f"--patch={patch}", check=False)


def refused(printed: str) -> str:
    """What the webhook says against it.

    Raises:
        AssertionError: it says nothing.
    """
    _, denied, faults = printed.partition(DENIED)
    assert denied, printed
    return faults.rstrip("\n")


def set_menu(shop: Shop, *lines: str) -> None:
    """Write the menu."""
    data = {"flavours": "\n".join(lines)}
    menu = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "menu"}, "data": data}
    apply = "apply", "--server-side", "--force-conflicts", "--namespace=demooperator-system", "-f", "-"
    shop.cluster.kubectl(*apply, stdin=json.dumps(menu))
