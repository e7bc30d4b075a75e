"""Where events go: the transports that `start_run(transport=…)` takes."""

from __future__ import annotations

from .transport.transports import FileTransport, NullTransport, StdioTransport, TCPTransport, Transport, UnixSocketTransport

__all__ = ["FileTransport", "NullTransport", "StdioTransport", "TCPTransport", "Transport", "UnixSocketTransport"]
