"""A custom resource that nobody reconciles."""

from workshop.demo.presenter import Presenter


def present(presenter: Presenter) -> None:
    """From an API server that knows no icecreams to an icecream whose status stays empty."""
    presenter.step(
        "A Kubernetes API that has never heard of icecream",
        "This is a real kube-apiserver with etcd, started on this machine a moment ago.",
    )
    presenter.run("kubectl version", shows="Server Version: v")
    presenter.run("kubectl get icecreams", shows='the server doesn\'t have a resource type "icecreams"', fails=True)

    presenter.step("Teach it: a CustomResourceDefinition", "From now on the API has a new kind of object.")
    presenter.run("kubectl apply -f deploy/crds/demo.lva.io_icecreams.yaml", shows="created")
    presenter.run(
        # Asked for a condition while there are none yet, `kubectl wait` may end with an error.
        "kubectl wait --for=jsonpath='{.status.conditions[0]}' --for=condition=Established"
        " crd/icecreams.demo.lva.io --timeout=30s",
        shows="condition met",
    )
    presenter.run_until("kubectl explain icecream.spec", shows="flavour")

    presenter.step("Order one", "The sample of the lecture: two flavours, three toppings.")
    presenter.run("cat deploy/samples/toomuch.yaml", shows="kind: Icecream")
    presenter.run("kubectl apply -f deploy/samples/toomuch.yaml", shows="icecream.demo.lva.io/toomuch created")
    presenter.run("kubectl get icecreams", shows="toomuch")

    presenter.step(
        "Nobody is there to make it",
        "The object is stored, its status is empty: an API alone does nothing. What is missing is a controller.",
    )
    presenter.run("kubectl get icecream toomuch -o jsonpath='status: {.status}'", shows=r"^status: $")
