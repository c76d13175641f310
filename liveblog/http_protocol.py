"""The HTTP protocol class of the server, for `uvicorn.Config(http=…)`."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: How long a connection without a request is kept when the server stops, in seconds.
_LAST_REQUEST_SECONDS = 1.0


class PatientProtocol(HttpToolsProtocol):
    """Answer the request that may be on its way when the server stops.

    uvicorn closes idle connections at once. A client that has just connected, or just sent its next request, would see
    its connection reset, which browsers show as an error.
    """

    _stopping = False

    def shutdown(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._stopping = True
            self.loop.call_later(_LAST_REQUEST_SECONDS, self._close_if_idle)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        cycle: Any = self.cycle
        if self._stopping and cycle is not None:
            cycle.keep_alive = False

    def _close_if_idle(self) -> None:
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self.transport.close()
