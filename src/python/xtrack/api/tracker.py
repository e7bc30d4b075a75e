"""Starting runs: which run id, attempt, worker and directory a process records under."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable, Dict, Optional

from ..core import ranks
from ..core.collision import another_xtrack_here
from ..core.directory import resolve, workspace
from ..core.ids import clean_id, is_id, new_run_id
from ..core.journal import Journals, next_attempt
from ..core.jsontext import plain, text_of
from ..core.source import quick_environment, quick_source, slow_description
from ..core.warnings import Warnings
from ..transport.recorder import Recorder
from ..transport.transports import Transport, choose
from . import exits
from .run import Run, open_runs
from .sites import caller

#: The run that module functions such as xtrack.log_metric mean: the last one started.
_current: Optional[Run] = None
#: XTRACK_RUN_ID names the first run of a process; further ones are its children.
_given_id_is_taken = False
_first_run_id: Optional[str] = None


def _nothing_offered(run_id: Optional[str]) -> Optional[Run]:
    return None


#: Asked for the run that a tracked notebook cell already has, which start_run then returns; None where it has none.
offered: Callable[[Optional[str]], Optional[Run]] = _nothing_offered


class Tracker:
    """Starts runs. There are no instances of it."""

    @staticmethod
    def start_run(
        name: Optional[str] = None,
        run_id: Optional[str] = None,
        experiment_id: Optional[str] = None,
        tags: Optional[Dict[str, Any]] = None,
        transport: Any = None,
    ) -> Run:
        """Starts a run and makes it the current one. Never raises: where nothing can be recorded, the run takes every call and
        records nothing.

        name: what it is shown as; by default XTRACK_NAME.
        run_id: the id to record under, of letters, digits, ".", "_" and "-"; one that exists is continued as a new attempt. By
            default XTRACK_RUN_ID for the first run of a process, else a new id; the processes of a distributed job agree on one.
        experiment_id: the experiment that it belongs to; by default XTRACK_EXPERIMENT.
        tags: a dictionary of texts, or a list of tags without values; they are added to those of XTRACK_TAGS.
        transport: where events go: an instance of a transport, or "tcp", "unix", "stdio", "file" or "null"; by default as
            XTRACK_TRANSPORT says, else a journal in .xtrack.
        """
        global _current
        warnings = Warnings()
        try:
            chosen = choose(transport, warnings)
            run = _adopt(name, run_id, experiment_id, tags, chosen) or _start(name, run_id, experiment_id, tags, chosen, warnings)
        except Exception as error:
            # Whatever it was (a directory that vanished, an exhausted system): training goes on, unrecorded.
            warnings.caught("start_run", error)
            run = Run.unrecorded(warnings)
        _current = run
        return run


def current_run() -> Optional[Run]:
    """The run that was started last in this process, also after its end; None before the first."""
    return _current


def _adopt(name: Any, given: Optional[str], experiment: Any, tags: Any, transport: Transport) -> Optional[Run]:
    """The run that the notebook cell already has, under the name that the script gives it; None where it has none."""
    run = offered(given) if type(transport) is Transport else None
    if run is not None:
        run.name = run.name if name is None else text_of(name)
        _announce(run, experiment, None, tags)
    return run


def start_of_cell(name: str, tags: Dict[str, Any], experiment: Optional[str], cell: Optional[int]) -> Run:
    """The run of a notebook cell that did not start one itself. Raises OSError and whatever else prevents it."""
    warnings = Warnings()
    run = _start(name, None, experiment, tags, choose(None, warnings), warnings)
    run.cell = cell
    return run


def _start(
    name: Optional[str],
    given: Optional[str],
    experiment: Optional[str],
    tags: Optional[Dict[str, Any]],
    transport: Transport,
    warnings: Warnings,
) -> Run:
    global _first_run_id
    _end_runs_of_earlier_cells()
    journals = Journals(resolve(), warnings)
    run_id, attempt, parent = _identify(given, journals, warnings)
    worker = ranks.worker_id()
    if transport.keeps_journal:
        journals.settle_on_directory(run_id)
    attempt = attempt or next_attempt(journals.run_dir(run_id), worker)
    recorder = Recorder(transport, journals, run_id, worker, attempt, "script", warnings)
    if _first_run_id is None:
        _first_run_id = run_id
    name = name if name is not None else os.environ.get("XTRACK_NAME") or None
    run = Run(recorder, None if name is None else text_of(name), warnings)
    run.cell = _cell()
    warnings.notify = recorder.writer.warning
    experiment = experiment if experiment is not None else os.environ.get("XTRACK_EXPERIMENT") or None
    _announce(run, experiment, parent, tags)
    exits.watch(run)
    if worker == "worker-0":
        recorder.send_left()
    if transport.keeps_journal and not os.environ.get("XTRACK_SUPERVISED"):
        run.add_job(lambda: recorder.writer.event("source", slow_description()))
        run.add_job(lambda: _warn_of_collision(warnings))
    return run


def _identify(given: Optional[str], journals: Journals, warnings: Warnings) -> tuple[str, int, Optional[str]]:
    """(run id, attempt or 0 where that is to be found out, parent)"""
    global _given_id_is_taken
    env = os.environ
    outer = env.get("XTRACK_RUN_ID")
    if outer:
        outer = _checked(outer, warnings)
    parent = env.get("XTRACK_PARENT_RUN_ID") or None
    if given is not None and given != "":
        run_id = _checked(given, warnings)
    elif outer and not _given_id_is_taken:
        run_id = outer
    elif _first_run_id is None:
        run_id = ranks.agreed_run_id(journals.wanted)
    else:
        run_id = new_run_id()
    if outer and run_id == outer:
        first, _given_id_is_taken = not _given_id_is_taken, True
        attempt = env.get("XTRACK_ATTEMPT", "")
        return run_id, int(attempt) if first and attempt.isdigit() else 0, parent
    active = [run.run_id for run in open_runs()]
    return run_id, 0, parent or outer or (active[0] if active and active[0] != run_id else None)


def _checked(text: Any, warnings: Warnings) -> str:
    if is_id(text):
        return str(text)
    cleaned = clean_id(text, new_run_id())
    warnings.note("run_id", "xtrack: %r cannot be a run id (letters, digits, . _ -); using %s" % (str(text)[:200], cleaned))
    return cleaned


def _announce(run: Run, experiment: Any, parent: Optional[str], tags: Any) -> None:
    writer = run.writer
    at = caller()
    run_id: Any = writer.identity.run_id
    if experiment is not None or parent is not None:
        run_id = {"id": run_id, "exp_id": None if experiment is None else text_of(experiment), "parent_id": parent}
    payload = {
        "run_id": run_id,
        "name": run.name,
        "tags": _tags(tags),
        "source": {**_source(), "root": workspace()},
        "env": quick_environment(),
    }
    writer.event("run_start", plain(payload), at)
    writer.event("status", {"status": "running"}, at)


def _source() -> Dict[str, Any]:
    source = quick_source()
    if os.environ.get("XTRACK_SUPERVISED"):
        # The supervisor knows how the script was started.
        return {name: value for name, value in source.items() if name in ("entrypoint", "code_hash")}
    return source


def _warn_of_collision(warnings: Warnings) -> None:
    """The supervisor of a supervised run does so itself."""
    found = another_xtrack_here()
    if found is not None:
        warnings.note("collision", "xtrack: another package named xtrack is installed, which this client hides: %s" % found)


def _tags(given: Any) -> Dict[str, str]:
    tags: Dict[str, Any] = {}
    for source in (os.environ.get("XTRACK_TAGS"), given):
        if isinstance(source, str) and source:
            try:
                source = json.loads(source)
            except ValueError:
                source = dict(part.split("=", 1) for part in source.split(",") if "=" in part)
        if isinstance(source, dict):
            tags.update(source)
        elif isinstance(source, (list, tuple, set)):
            tags.update({text_of(tag): "" for tag in source})
    return {text_of(key): text_of(value) for key, value in tags.items()}


# ---------------------------------------------------------------- notebooks


def _cell() -> Optional[int]:
    """The number of the notebook cell that runs; None outside of notebooks."""
    if "ipykernel" not in sys.modules:
        return None
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "execution_count", None)


def _end_runs_of_earlier_cells() -> None:
    """Running a cell again starts a new run, so that the one it left open is over."""
    cell = _cell()
    if cell is None:
        return
    for run in open_runs():
        if run.cell != cell:
            run.end("completed")
