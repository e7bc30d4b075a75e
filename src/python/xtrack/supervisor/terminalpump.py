"""A process that holds a script's terminal, so that the supervisor's death neither ends nor blocks the script.

Arguments: the descriptors of the master, of the console log and of a named pipe (-1: none), and the pipe's path. What the
script shows goes to the log, what is written into the pipe is typed.
"""

import os
import sys
import threading

_BLOCK = 65536


def main() -> None:
    master, log, pipe = (int(word) for word in sys.argv[1:4])
    if pipe >= 0:
        threading.Thread(target=_type, args=(pipe, master), daemon=True).start()
    _show(master, log)
    if pipe >= 0:
        os.unlink(sys.argv[4])


def _show(master: int, log: int) -> None:
    while True:
        try:
            block = os.read(master, _BLOCK)
        except OSError:
            return  # EIO: the last process on the terminal has ended.
        if not block:
            return
        _write(log, block)


def _write(target: int, block: bytes) -> bool:
    try:
        while block:
            block = block[os.write(target, block) :]
        return True
    except OSError:
        return False


def _type(pipe: int, master: int) -> None:
    while _write(master, os.read(pipe, _BLOCK)):
        pass


if __name__ == "__main__":
    main()
