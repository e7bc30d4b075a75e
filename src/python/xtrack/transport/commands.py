"""Commands to a run: read from commands.xtj (and the socket), handed to the script's handlers, acknowledged in its journal."""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Set

from ..core.frames import FrameDecoder
from ..core.jsontext import clipped
from ..core.warnings import Warnings
from ..core.writer import Writer

TYPES = ("pause", "resume", "stop", "checkpoint_now", "update_params", "adjust_lr", "custom")
Handler = Callable[[Dict[str, Any]], Any]
_READ = 1 << 20
#: Handlers are set right after the run's start, but commands sent earlier arrive at once; they wait this long for a handler.
_SET_UP_S = 0.2


class Commands:
    def __init__(self, writer: Writer, path: Optional[str], warnings: Warnings) -> None:
        self._writer = writer
        self._path = path
        self._warnings = warnings
        self._handlers: Dict[str, List[Handler]] = {}
        self._decoder = FrameDecoder()
        self._offset = 0
        self._seen: Set[str] = set()
        self._stop_asked_for = False
        self._stop_is_watched = False
        self._queue: queue.Queue[Dict[str, Any]] = queue.Queue()
        self._thread: Optional[threading.Thread] = None
        #: Commands without an attempt, written before this process started, are for an earlier one.
        self._old = self._size()
        self._set_up = time.monotonic() + _SET_UP_S

    def on(self, kind: str, handler: Handler) -> None:
        if kind not in TYPES:
            self._warnings.note("command_type", "xtrack: on_command: there is no command %r (%s)" % (kind, ", ".join(TYPES)))
        elif not callable(handler):
            self._warnings.note("command_handler", "xtrack: on_command: the handler of %r cannot be called" % kind)
        else:
            self._handlers.setdefault(kind, []).append(handler)

    @property
    def should_stop(self) -> bool:
        self._stop_is_watched = True
        return self._stop_asked_for

    def _size(self) -> int:
        try:
            return os.path.getsize(self._path) if self._path else 0
        except OSError:
            return 0

    def poll(self) -> None:
        """Reads new commands from the file; cheap when there are none."""
        size = self._size()
        if size < self._offset:
            # The file was deleted; what comes now is in another one.
            self._offset, self._old, self._decoder = 0, 0, FrameDecoder()
        if self._path is None or size <= self._offset:
            return
        with open(self._path, "rb") as source:
            source.seek(self._offset)
            data = source.read(_READ)
        self._offset += len(data)
        self._decoder.push(data)
        for one in self._decoder.read():
            if one.envelope is None or one.envelope.get("t") != "command":
                continue
            command = one.envelope.get("p")
            if isinstance(command, dict) and (one.offset >= self._old or "attempt" in command):
                self.receive(command)

    def receive(self, command: Dict[str, Any]) -> None:
        who = self._writer.identity
        cmd_id = command.get("cmd_id")
        if not isinstance(cmd_id, str) or cmd_id in self._seen:
            return
        if command.get("worker") not in (None, who.worker) or command.get("attempt") not in (None, who.attempt):
            return
        self._seen.add(cmd_id)
        kind = str(command.get("type"))
        watched_stop = kind == "stop" and self._stop_is_watched
        if kind == "stop":
            self._stop_asked_for = True
        if kind in self._handlers:
            self._ack(cmd_id, "received")
            self._hand_over(command)
        elif watched_stop:
            self._ack(cmd_id, "received")
        elif time.monotonic() < self._set_up:
            self._hand_over(command)
        else:
            self._refuse(cmd_id, kind)

    def _hand_over(self, command: Dict[str, Any]) -> None:
        """Handlers may take long, so that they have a thread of their own and heartbeats go on."""
        self._queue.put(command)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="xtrack-commands", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            command = self._queue.get()
            kind = str(command.get("type"))
            if kind not in self._handlers:
                time.sleep(max(0.0, self._set_up - time.monotonic()))
            if kind not in self._handlers:
                self._refuse(command["cmd_id"], kind)
                continue
            payload = command.get("payload")
            try:
                for handler in self._handlers[kind]:
                    handler(payload if isinstance(payload, dict) else {} if payload is None else {"value": payload})
                self._ack(command["cmd_id"], "done")
            except BaseException:
                self._ack(command["cmd_id"], "failed", traceback.format_exc(limit=-3))

    def _refuse(self, cmd_id: str, kind: str) -> None:
        self._ack(cmd_id, "unsupported", "the script has no handler for %r" % kind)

    def _ack(self, cmd_id: str, status: str, error: Optional[str] = None) -> None:
        payload = {"cmd_id": cmd_id, "status": status}
        if error:
            payload["error"] = clipped(error, 10_000)
        self._writer.event("command_ack", payload)
