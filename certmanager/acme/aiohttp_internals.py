"""What aiohttp keeps to itself, and we use all the same: nobody else here names its private parts.

Each has a test that fails when a new aiohttp has no such part, or does something else with it.
"""

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey


class Connector(aiohttp.TCPConnector):
    """Leaves no connection behind: aborts what can't be used again, as aiohttp itself does when a session is closed.

    aiohttp begins a TLS shutdown there and forgets the connection. Where the other side doesn't answer before the event
    loop ends, its socket stays open.
    """

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        if should_close or protocol.should_close:
            protocol.abort()
        super()._release(key, protocol, should_close=should_close)
