"""A freezer outside the cluster, and a finalizer that has it given back what was reserved."""

from workshop.demo.presenter import Presenter


def present(presenter: Presenter) -> None:
    """From what is reserved for the icecreams of the steps before to a deletion that waits for its operator."""
    presenter.step(
        "The stock is no Kubernetes object",
        "Scoops are business data, so they are in a database: the freezer. For what is sold, they are reserved there.",
    )
    presenter.run("workshop freezer stock", shows=r"chocolate\s+7\s+3")
    presenter.run(
        "kubectl get icecream toomuch -o jsonpath='{.metadata.finalizers}{\"\\n\"}'", shows="demo.lva.io/finalizer"
    )

    presenter.step(
        "Out of stock: who comes too late waits",
        "One scoop of lemon is left, and two want it. The second isn't evicted: it waits, and a refill serves it.",
    )
    presenter.run("workshop freezer stock lemon 1", shows="lemon: 1 scoop")
    presenter.run("kubectl create -f deploy/samples/two-of-lemon.yaml", shows="lemon-2 created")
    presenter.run_until("kubectl get icecream lemon-1 lemon-2", shows=r"(?s)lemon-1\s.*Sold.*lemon-2\s.*OutOfStock")
    presenter.run("workshop freezer refill lemon 5", shows="lemon: 5 scoops")
    presenter.run("kubectl wait --for=condition=Ready icecream/lemon-2 --timeout=30s", shows="condition met")

    presenter.step(
        "Deletion is a state: it ends when the scoops are back",
        "Without its operator an icecream can't go: the finalizer holds it, and with it what it has reserved.",
    )
    presenter.stop("operator")
    presenter.run("kubectl delete icecream lemon-1 --wait=false", shows="deleted")
    presenter.run(
        "kubectl get icecream lemon-1 -o jsonpath='{.metadata.deletionTimestamp} {.metadata.finalizers}{\"\\n\"}'",
        shows=r"Z \[.*finalizer",
    )
    presenter.start("operator")
    presenter.run("kubectl wait --for=delete icecream/lemon-1 --timeout=30s")
    presenter.run("workshop freezer ledger lemon", shows=r"\+1\s+give back\s+lemon-1")

    presenter.step("Closing time", "As long as the operator runs, all that is deleted gives back what it has.")
    presenter.run("kubectl delete icecreams --all", shows="chocolate-3")
    presenter.run("workshop freezer stock", shows=r"chocolate\s+10\s+0")
    presenter.run("workshop freezer check", shows="adds up")
