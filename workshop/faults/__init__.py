"""A proxy in front of the API server that injects, from a seed, what goes wrong in production.

    with faults.running(kubeconfig, {"conflict": 0.1, "cut": 0.1}, seed=7) as proxy:
        ...  # start the process under test with KUBECONFIG=proxy.kubeconfig: it is the same user, through the proxy
        killed = proxy.kill_at(3, faults.BEFORE, process.kill)  # or AFTER, with the reply lost; or a pid
        killed.result(timeout=20)  # waits for it, and is the write at which it happened
        with proxy.watches_held():  # inside, no event of a watch passes: the process's cache is stale
            ...
        proxy.inject({"error": 1})  # from now on these and no others; proxy.stop(): nothing from now on
        proxy.writes, proxy.injected, proxy.counts()  # what came, what was done to it

Put it only before the process under test: all that comes through it is taken for that process's. Writes are creates,
updates, patches and deletes of anything that is stored, so Events and Leases too, but no SelfSubjectAccessReview and no
dry run. An unharmed run tells their number: `len(proxy.writes)`.

| kind | what it does | to |
|---|---|---|
| `conflict` | 409 | update, patch, delete with preconditions |
| `gone` | 410, as HTTP status or as ERROR event | a watch that names a resourceVersion; at an event: any watch |
| `cut` | the connection closed, half of the time in the middle of an event | a watch, at an event |
| `lost` | it happens, and the connection is reset in place of the reply | a write |
| `throttled` | 429 with Retry-After | every request |
| `error` | 500, 503 or 504; half of the writes that get 500 or 504 have happened | every request |
| `latency` | a delay of up to `longest_delay` seconds | every request, every event of a watch |
| `stale` | an answer from an earlier state | a list that allows it (`stale_lists`: kopf's don't) |

A rate is the share of the requests, or of the events of a watch, that it strikes among those it can strike. At most
one kind strikes each, and latency besides. What strikes the n-th request of a verb and path depends on the seed and on
these three alone, so requests that overtake each other change nothing.

Beside faults by chance there are those by plan. `explore` runs a `Scenario` unharmed, and writes down what the process
is shown and what it writes. Then there is a run at each point at which the process may go wrong; the ends are compared.

    explored = faults.explore(scenario, proxy)  # or only="stale", or only="held after ADDED icecreams/d in step 1"
    assert explored.not_converged == {}  # by point, what came instead

The classes of points are those by which Sieve (OSDI 2022) found bugs in controllers:

- `intermediate`: it is killed before each of its writes, and after it, and started again.
- `stale`: it is behind, at each event, when users have done all that they do. Its watches are held; or it is started
  again, its lists are slow and its watches held; or, if it asks for lists that may be stale, it is started again at the
  end and gets those of then.
- `unobserved`: its watch is cut before an event, and its next list is from after the one that undoes it: a deletion and
  a creation of the same name, a creation and a deletion, a finalizer or a spec there and back.

| module | what it does |
|---|---|
| `kinds` | which fault may strike which request, and what the proxy does then |
| `rates` | seed and rates: which of them strikes |
| `injector` | the state of one proxy: decides about each request; tests read and change it |
| `request_info` | what a request is to Kubernetes |
| `api_errors` | the API server's own words when it says no |
| `stale_lists` | which lists may be answered from an earlier state |
| `actions` | what the proxy can do to a request and to its response, in HTTP's terms |
| `proxy` | does that to a request |
| `relay` | does that to a response, on its way to the client |
| `scenario` | what a scenario is: plain functions |
| `exploration` | runs a scenario at all of its points |
| `points` | which points there are, from the record of an unharmed run |
| `recorder` | makes that record |
| `perturbed_run` | what is done to a run at a point |
| `scenario_run` | plays a scenario, and waits for what has to be waited for |
| `view` | what the client is shown of the cluster: all, or what there was at some moment |
| `upstream` | the connections to the API server |
| `credentials` | TLS and kubeconfig, to both sides |
| `proxy_thread` | a proxy for the length of a `with` |
"""

from workshop.faults.credentials import KubeconfigError
from workshop.faults.exploration import Exploration, Outcome, explore
from workshop.faults.injector import FaultInjector, InjectedFault, When
from workshop.faults.kinds import Kind
from workshop.faults.points import PointClass
from workshop.faults.proxy_thread import running
from workshop.faults.rates import RatesError
from workshop.faults.scenario import Process, Scenario

BEFORE, AFTER = When.BEFORE, When.AFTER

__all__ = [
    "AFTER",
    "BEFORE",
    "Exploration",
    "FaultInjector",
    "InjectedFault",
    "Kind",
    "KubeconfigError",
    "Outcome",
    "PointClass",
    "Process",
    "RatesError",
    "Scenario",
    "When",
    "explore",
    "running",
]
