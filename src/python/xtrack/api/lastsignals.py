"""Signals that end this process, which then has something to do first.

Python calls handlers in the main thread alone: not while that is inside a library, and not while it sleeps if the system
gave the signal to another thread. So the signal's number also goes into a pipe, which a thread of its own reads. Python
puts the numbers of all signals there that have a handler, also a handler that replaced ours.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any, Callable, List, Optional

_Handler = Callable[[int, Any], None]

_NAMES = ("SIGTERM", "SIGHUP")
#: For what is to be done first, and again for the main thread to hear of the signal; then the process ends in any case.
_PATIENCE_S = 2.0
#: What our handler adds to the number that it puts into the pipe, so that a handler which replaced it may still call it.
_CALLED = 0x80


def before_they_end(work: Callable[[], None]) -> bool:
    """Calls `work` once, in another thread, before a signal ends this process. Leaves signals alone that have a handler.

    Returns whether it will do so: not where every signal has a handler, not from another thread than the main thread,
    which alone may set handlers, and not on Windows.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return False
    numbers = [int(getattr(signal, name)) for name in _NAMES]
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    if not numbers:
        return False
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    is_done = threading.Event()

    def handle(number: int, frame: Any) -> None:
        if is_done.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        else:
            os.write(writer, bytes([number | _CALLED]))

    forking = threading.local()

    def before_fork() -> None:
        # A child that is terminated before in_child has run would write into our pipe instead of ending.
        forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)

    def in_parent() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, forking.mask)

    def in_child() -> None:
        other = signal.set_wakeup_fd(-1)
        if other not in (-1, writer):
            signal.set_wakeup_fd(other)
        for number in numbers:
            if signal.getsignal(number) is handle:
                signal.signal(number, signal.SIG_DFL)
        in_parent()

    for number in numbers:
        signal.signal(number, handle)
    other = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    if other != -1:
        signal.set_wakeup_fd(other)
    os.register_at_fork(before=before_fork, after_in_parent=in_parent, after_in_child=in_child)
    arguments = (reader, numbers, handle, work, is_done)
    threading.Thread(target=_watch, args=arguments, name="xtrack-signals", daemon=True).start()
    return True


def _watch(reader: int, numbers: List[int], handle: _Handler, work: Callable[[], None], is_done: threading.Event) -> None:
    ending: Optional[int] = None
    while ending is None:
        for byte in os.read(reader, 64):
            number = byte & ~_CALLED
            if number in numbers and (byte & _CALLED or signal.getsignal(number) is handle):
                ending = number
    worker = threading.Thread(target=work, name="xtrack-last", daemon=True)
    worker.start()
    worker.join(_PATIENCE_S)
    is_done.set()
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, ending)
    time.sleep(_PATIENCE_S)
    if signal.getsignal(ending) not in (handle, signal.SIG_DFL):
        return  # The script has replaced our handler meanwhile, and decides itself.
    os.kill(os.getpid(), signal.SIGKILL)
