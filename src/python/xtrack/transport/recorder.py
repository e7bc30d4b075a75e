"""What records one run of this process: writer, journal, commands, connection and the thread behind them."""

from __future__ import annotations

import os
from typing import Iterator, Optional

from ..core import directory as directories
from ..core.ids import new_writer
from ..core.journal import Journals, open_for_append
from ..core.outlet import Outlet, StreamOutlet
from ..core.warnings import Warnings
from ..core.writer import Identity, Writer
from . import unsent
from .background import DRAIN_S, Background
from .commands import Commands
from .link import Address, Link, ignore
from .transports import FileTransport, NullTransport, StdioTransport, TCPTransport, Transport, UnixSocketTransport, destination


class Recorder:
    def __init__(
        self, transport: Transport, journals: Journals, run_id: str, worker: str, attempt: int, role: str, warnings: Warnings
    ) -> None:
        self._transport = transport
        self._journals: Optional[Journals] = None
        self._warnings = warnings
        self._background: Optional[Background] = None
        self._link: Optional[Link] = None
        self._sending: Optional[unsent.Sending] = None
        self.commands: Optional[Commands] = None
        identity = Identity(run_id, worker, attempt, role, new_writer())
        if transport.keeps_journal:
            self._journals = journals
        self.writer = Writer(identity, self._open, warnings)
        if not self.is_null:
            if role == "script" and self.run_dir is not None:
                self.commands = Commands(self.writer, os.path.join(self.run_dir, "commands.xtj"), warnings)
            self.start()

    @property
    def is_null(self) -> bool:
        return isinstance(self._transport, NullTransport)

    @property
    def run_dir(self) -> Optional[str]:
        return self._journals.run_dir(self.writer.identity.run_id) if self._journals is not None else None

    @property
    def is_in_place(self) -> bool:
        """Whether the journal is in the .xtrack directory that was asked for."""
        return self._journals is not None and self._journals.in_place

    def _open(self, identity: Identity) -> Outlet:
        transport = self._transport
        if isinstance(transport, FileTransport):
            return open_for_append(transport.path, self._warnings)
        if isinstance(transport, StdioTransport):
            return StreamOutlet(transport.fd, self._warnings)
        if self._journals is None:
            return open_for_append(os.devnull, self._warnings)
        return self._journals.open(identity)

    def start(self) -> None:
        """Starts the threads, also in a forked child that has become a writer of its own; its parent answers commands."""
        commands = self.commands if self.writer.identity.forked_from is None else None
        self._link = self._make_link()
        self._note_unsent()
        self._background = Background(self.writer, commands, self._link, self._warnings)

    def _make_link(self) -> Optional[Link]:
        if self._journals is None:
            return None
        journals = self._journals
        receive = self.commands.receive if self.commands is not None else ignore
        expected = isinstance(self._transport, (TCPTransport, UnixSocketTransport))
        return Link(self.writer, lambda: journals.path, self._addresses, receive, self._warnings, expected)

    @property
    def _destination(self) -> Optional[str]:
        """The collector that events are sent to, in words; None where it reads the journal."""
        if self._journals is None:
            return None
        return destination(self._transport) or (None if self._journals.in_place else "collector of %s" % self._journals.wanted)

    def _note_unsent(self) -> None:
        to = self._destination
        if self._journals is None or to is None:
            return
        try:
            unsent.note(self._journals.directory, self.writer.identity, to)
        except OSError as error:
            self._warnings.caught("unsent", error)

    def send_left(self) -> None:
        """Sends in the background what processes that were killed could not send."""
        to = self._destination
        if self._journals is None or to is None:
            return
        try:
            found = [one for one in unsent.leftovers(self._journals.wanted) if one.to == to]
            if found:
                self._sending = unsent.Sending(found, self._addresses, self._warnings)
        except Exception as error:
            self._warnings.caught("unsent", error)

    def _addresses(self) -> Iterator[Address]:
        assert self._journals is not None
        found = directories.discover(self._journals.wanted)
        transport = self._transport
        if isinstance(transport, TCPTransport):
            token = transport.token or os.environ.get("XTRACK_TOKEN")
            if not token and found is not None and found.port == transport.port:
                token = found.token
            yield Address((transport.host, transport.port), token)
        elif isinstance(transport, UnixSocketTransport):
            yield Address(transport.path, os.environ.get("XTRACK_TOKEN"))
        elif found is not None:
            if found.socket:
                yield Address(found.socket, found.token)
            yield Address((found.host, found.port), found.token)

    def stop(self) -> None:
        if self._background is not None:
            self._background.stop()
        if self._sending is not None:
            self._sending.finish(DRAIN_S)
        if self._journals is not None and self._link is not None and self._link.drained:
            unsent.settle(self._journals.directory, self.writer.identity)
        self.writer.outlet.close()

    def forked(self) -> None:
        """The parent's thread does not exist in the child; its sockets are the parent's."""
        if self._background is not None:
            self._background.abandon()
            self._background = None
            self._sending = None
        self.writer.detach()
