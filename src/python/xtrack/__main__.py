"""python -m xtrack run [options] -- script.py args…   |   doctor   |   send   |   version"""

from __future__ import annotations

import sys
from typing import Dict, List, NoReturn, Optional, Set

from .core.ids import is_id
from .doctor import report as doctor
from .supervisor.job import Job
from .supervisor.supervisor import Supervisor
from .transport import unsent
from .version import VERSION

USAGE = """\
usage: python -m xtrack run [options] [--] SCRIPT [ARGS…]
       python -m xtrack run [options] -- -m MODULE [ARGS…]
       python -m xtrack run [options] --argv -- COMMAND [ARGS…]
       python -m xtrack doctor [--dir DIR] [--run ID] [--json]
       python -m xtrack send [--dir DIR]
       python -m xtrack version

run: runs a training script as a tracked run: its console, exit code, source and machine are recorded in .xtrack.

options:
  --run-id ID        the run to record under (default: a new one)
  --attempt N        which attempt of that run this is (default: the next one)
  --name NAME        the run's name
  --experiment NAME  the experiment it belongs to
  --tag KEY=VALUE    a tag; may be given several times
  --tty              give the script a terminal
  --debugger PATH    debugpy's folder: wait for a debugger before the script runs; its port is then in runs/ID/debugger-N.json
  --workers N        number of processes to start for the run, with the variables that torchrun sets
  --once             do nothing if this attempt has been started before
  --argv             what follows is a command, not a Python script

doctor: finds what keeps runs from being recorded or shown, and says how to fix it.

  --dir DIR          a folder with runs, or its .xtrack (default: the one that a script here would use)
  --run ID           also find out why this run is not shown
  --json             findings as JSON: {"findings": [{"id", "level", "title", "detail", "action"}]}

send: sends what scripts that were killed while streaming to a collector could not send. It goes to the collector that
XTRACK_TRANSPORT and the other variables name. The next script that streams there does so too.

  --dir DIR          the .xtrack directory of those scripts (default: the one that a script here would use)
"""
_WITH_VALUE = ("--run-id", "--attempt", "--name", "--experiment", "--tag", "--debugger", "--workers")
MAX_WORKERS = 256
_FLAGS = ("--tty", "--argv", "--once")


def main(arguments: List[str]) -> int:
    if arguments == ["version"] or arguments == ["--version"]:
        print(VERSION)
        return 0
    if arguments in (["--help"], ["-h"], ["help"], ["run", "--help"], ["run", "-h"], ["doctor", "--help"], ["doctor", "-h"]):
        print(USAGE)
        return 0
    if arguments[:1] == ["doctor"]:
        return doctor.main(parse_doctor(arguments[1:]))
    if arguments[:1] == ["send"]:
        return unsent.main(parse_options(arguments[1:], ["--dir"]).get("--dir"))
    if not arguments or arguments[0] != "run":
        usage_error("expected run, doctor, send or version")
    return Supervisor(parse(arguments[1:])).run()


def parse(words: List[str]) -> Job:
    """By hand: argparse would take the script's own options for ours."""
    options: Dict[str, str] = {}
    tags: Dict[str, str] = {}
    flags: Set[str] = set()
    rest = list(words)
    while rest and rest[0].startswith("--") and rest[0] != "--":
        word, _, value = rest.pop(0).partition("=")
        if word in _FLAGS and not value:
            flags.add(word)
            continue
        if word not in _WITH_VALUE:
            usage_error("unknown option %s" % word)
        if not value:
            if not rest:
                usage_error("%s needs a value" % word)
            value = rest.pop(0)
        if word == "--tag":
            key, separator, text = value.partition("=")
            if not key or not separator:
                usage_error("--tag needs KEY=VALUE, not %r" % value)
            tags[key] = text
        else:
            options[word] = value
    if rest and rest[0] == "--":
        rest.pop(0)
    if not rest or rest == ["-m"]:
        usage_error("the script to run is missing")
    run_id = options.get("--run-id")
    if run_id is not None and not is_id(run_id):
        usage_error("%r is not a run id (letters, digits, . _ -)" % run_id)
    attempt = options.get("--attempt")
    if attempt is not None and (not attempt.isdigit() or int(attempt) < 1):
        usage_error("--attempt needs a number from 1 on, not %r" % attempt)
    workers = options.get("--workers", "1")
    if not workers.isdigit() or not 1 <= int(workers) <= MAX_WORKERS:
        usage_error("--workers needs a number from 1 to %d, not %r" % (MAX_WORKERS, workers))
    return Job(
        words=rest,
        is_command="--argv" in flags,
        tty="--tty" in flags,
        once="--once" in flags,
        run_id=run_id,
        attempt=int(attempt) if attempt else None,
        name=options.get("--name"),
        experiment=options.get("--experiment"),
        tags=tags,
        debugger=options.get("--debugger"),
        workers=int(workers),
    )


def parse_doctor(words: List[str]) -> doctor.Request:
    options = parse_options([word for word in words if word != "--json"], ["--dir", "--run"])
    return doctor.Request(options.get("--dir"), options.get("--run"), "--json" in words)


def parse_options(words: List[str], known: List[str]) -> Dict[str, str]:
    options: Dict[str, str] = {}
    rest = list(words)
    while rest:
        word, _, value = rest.pop(0).partition("=")
        if word not in known:
            usage_error("unknown option %s" % word)
        if not value and not rest:
            usage_error("%s needs a value" % word)
        options[word] = value or rest.pop(0)
    return options


def usage_error(message: str) -> NoReturn:
    sys.stderr.write("xtrack: %s\n\n%s" % (message, USAGE))
    raise SystemExit(2)


def start(arguments: Optional[List[str]] = None) -> NoReturn:
    raise SystemExit(main(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    start()
