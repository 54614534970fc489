"""What both operators share, each part for one reason.

- `workqueue`: an event says *that* something changed, so it becomes a key, and a key waits at most once.
- `backoff`: how long a key that failed waits.
- `controller`: takes keys, calls the operator's `reconcile`, and knows the two ways in which that may end.
- `errors`: what the API server or the network answered, in the few words that a reconcile cares about.
- `patch` and `conditions`: what is to be written, if anything.
- `events`: why something happened, for people.
- `connection`: one session to the API server, for kopf's reads and for our writes.
- `httpproxy`: which proxy a request goes through, by the environment.
- `listing`: notices every complete list that kopf receives.
- `rest_client`: requests for which a class of the client's costs too much.
- `logs`: lines that name their object.
- `cache` and `informer`: all objects of a kind as last seen, kept as the watch says; `preflight`: what must be there.
- `manager` and `kopf_settings`: what runs an operator on several kinds.
- `metrics` and `endpoints`: how the process is doing, for Prometheus and for kubelet's probes.
- `kopf_internals` and `kubernetes_internals`: the only places that use what those two keep to themselves.

`workqueue`, `backoff`, `cache`, `patch` and `conditions` are pure: no client, no clock, no randomness of their own.
"""
