"""A reconciler that fills the status and evicts what is one too many."""

from workshop.demo.presenter import Presenter


def present(presenter: Presenter) -> None:
    """From an operator that starts to a fourth icecream of a flavour that has to go, and why."""
    presenter.step(
        "Start the operator",
        "It runs as a process of its own, as its own service account, and may do just what `deploy/operator` allows.",
    )
    presenter.start("operator")
    presenter.run(
        "kubectl wait --for=jsonpath='{.status.toppingsCount}'=3 icecream/toomuch --timeout=30s", shows="condition met"
    )
    presenter.run("kubectl get icecreams", shows=r"toomuch\s+false\s+3\s+True\s+Sold")

    presenter.step(
        "Four of one flavour, and only three are sold",
        "We watch while they are created: the operator sells three of them and evicts the fourth.",
    )
    watch = "kubectl get icecreams --watch --output-watch-events"
    with presenter.watching(watch, after="toomuch", until=r"DELETED\s+chocolate-4"):
        presenter.run("kubectl create -f deploy/samples/four-of-a-flavour.yaml", shows="chocolate-4 created")
    presenter.run_until("kubectl get icecreams", shows=r"(?s)chocolate-3\s+true(?!.*chocolate-4)")

    presenter.step("Why is it gone?", "An Event says so, for people.")
    presenter.run_until("kubectl events --for icecream/chocolate-4", shows="Evicted")
