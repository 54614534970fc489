"""The freezer: how many scoops of each flavour there are, and for which icecream some are reserved.

Stock is business data and lies outside the cluster, in a database; an icecream's finalizer makes sure that what was
reserved for it is given back. Nothing in here knows the API server but the command line.

| module | what it does |
|---|---|
| `reservations` | reserve all scoops of an icecream or none, and give them back once |
| `stock` | scoops by flavour: the default, a refill, a stocktake |
| `ledger` | every change of the stock, for ever, and whether they add up |
| `schema` | the tables, and whether a database has them |
| `database` | SQLite or PostgreSQL by URL: transactions, and what goes wrong with them in two words |
| `url` | what can't be its URL |
| `freezer` | the same for the operator's event loop, which never waits for a database |
| `commands` | `python -m icecream_operator.freezer` |
"""
