"""A webhook that is asked before an icecream is stored, by TLS with a certificate of one's own."""

import re
from pathlib import Path
from shlex import quote

from cryptography import x509

from workshop.demo.presenter import Presenter
from workshop.webhook import configuration, installation

WHY_NOT_ON_AN_EXISTING_CLUSTER = (
    "The webhook is left out on an existing cluster: its API server would have to reach an operator on this machine."
)
_SAMPLE = "deploy/samples/toomuch.yaml"
_MENU = (
    "kubectl patch configmap menu --namespace=demooperator-system --patch="
    '\'{"data": {"flavours": "chocolate: cream\\nmatcha: coconutflakes, cream, watermelon\\n'
    "pistachio: sprinkles\\nvanilla: coconutflakes, cream, watermelon\\n\"}}'"
)


def present(presenter: Presenter) -> None:
    """From a rule that the schema can't say to a webhook that is down and yet in nobody's way."""
    try:
        _install(presenter)
        _refuse(presenter)
        _refuse_what_is_sold_out(presenter)
        _replace_the_certificate(presenter)
        _take_it_down(presenter)
    finally:
        presenter.cluster.kubectl("delete", "--ignore-not-found", "-k", configuration.MANIFESTS)


def _install(presenter: Presenter) -> None:
    presenter.stop("operator")
    presenter.step(
        "Asked before it is stored",
        "What is on the menu changes every day, so it can't be in the schema. The API server shall ask the operator. "
        "It does so by TLS alone, so the operator needs a certificate, and the API server the CA that has signed it.",
    )
    folder = installation.cert_dir(presenter.cluster)
    presenter.run(f"python -m icecream_operator.webhook.self_signed_ca --out {quote(str(folder))}", shows=r"tls\.crt")
    presenter.run("workshop webhook install", shows="The API server will ask")
    presenter.run_until(f"kubectl create --dry-run=server -f {_SAMPLE}", shows="failed calling webhook.*refused")
    presenter.start("operator", "--webhook")
    presenter.run_until("workshop webhook check", shows="The API server reaches the webhook")


def _refuse(presenter: Presenter) -> None:
    presenter.step("Off the menu", "What is wrong is said at once, all of it, to the customer who can change it.")
    presenter.run("kubectl get configmap menu --namespace=demooperator-system -o yaml", shows="matcha: ")
    presenter.run(
        "kubectl create -f deploy/samples/off-the-menu.yaml",
        shows=r'(?s)spec\.flavour\[0\]: Unsupported value: "pistachio".*spec\.topping\[0\].*"sprinkles"',
        fails=True,
    )

    presenter.step("Another menu", "It is in a ConfigMap, which the operator watches. Nothing is restarted.")
    presenter.run(_MENU, shows="patched")
    presenter.run_until("kubectl create -f deploy/samples/off-the-menu.yaml", shows="created")


def _refuse_what_is_sold_out(presenter: Presenter) -> None:
    presenter.step(
        "Sold out, and never stored",
        "Of four at once the webhook may let the fourth pass: it can't see what is still on its way. Then that is "
        "evicted, as before. But whoever comes later is refused before there is anything to evict.",
    )
    presenter.run_until("kubectl create -f deploy/samples/four-of-a-flavour.yaml", shows="chocolate-3 created")
    presenter.run_until("kubectl get icecreams", shows=r"(?s)chocolate-3\s+true(?!.*chocolate-4)")
    presenter.run(
        "kubectl create -f deploy/samples/fourth-chocolate.yaml",
        shows="chocolate is sold out: chocolate-1, chocolate-2, chocolate-3 are on sale",
        fails=True,
    )


def _replace_the_certificate(presenter: Presenter) -> None:
    presenter.step(
        "A new certificate, and nobody is refused",
        "Customers keep coming. First the API server trusts both CAs, the old one and the new; then the operator takes "
        "the new certificate, without a restart.",
    )
    folder = installation.cert_dir(presenter.cluster)
    current, following, done = quote(str(folder)), quote(str(folder / "next")), quote(str(folder / "replaced"))
    customers = (
        f"rm -f {done}; n=0; until [ -e {done} ]; do kubectl create --dry-run=server -f {_SAMPLE} > /dev/null || exit; "
        "n=$((n + 1)); [ $n != 1 ] || echo the first is served; done; echo all $n are served"
    )
    with presenter.watching(f"sh -c {quote(customers)}", after="the first is served", until="all .* are served"):
        presenter.run(f"python -m icecream_operator.webhook.self_signed_ca --out {following}", shows=r"tls\.crt")
        presenter.run(f"sh -c {quote(f'cat {following}/ca.crt >> {current}/ca.crt')}")
        presenter.run("workshop webhook install", shows="CA, CN=")
        presenter.run(f"cp {following}/tls.crt {following}/tls.key {current}")
        presenter.run_until("workshop webhook check", shows=f"(?s){_serial(folder / 'next' / 'tls.crt')}.*reaches")
        presenter.run(f"touch {done}")


def _serial(certificate: Path) -> str:
    return re.escape(f"{x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number:040x}")


def _take_it_down(presenter: Presenter) -> None:
    presenter.step(
        "The webhook is down",
        "Nothing new gets in, since failurePolicy is Fail. But nobody is locked in: what only loses a finalizer isn't "
        "asked about. Here somebody takes it off by hand; the operator finds out and gives the scoops back.",
    )
    presenter.stop("operator")
    presenter.run(f"kubectl create -f {_SAMPLE}", shows="failed calling webhook", fails=True)
    presenter.run("kubectl delete icecream off-the-menu --wait=false", shows="deleted")
    presenter.run(
        'kubectl patch icecream off-the-menu --type=merge --patch=\'{"metadata": {"finalizers": null}}\'',
        shows="patched",
    )
    presenter.run("kubectl wait --for=delete icecream/off-the-menu --timeout=30s")
    presenter.start("operator", "--webhook")
    presenter.run_until("workshop webhook check", shows="The API server reaches the webhook")
    presenter.run("kubectl delete icecreams --all", shows="chocolate-3")
    presenter.run_until("workshop freezer stock", shows=r"(?s)chocolate\s+10\s+0.*pistachio\s+10\s+0")
    presenter.run("kubectl delete -k deploy/webhook", shows="deleted")
