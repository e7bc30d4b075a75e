"""python -m xtrack doctor [--dir DIR] [--run ID] [--json]: what keeps a script's runs from being shown, and how to fix it.

With --json it prints one object, also for other programs to show:

    {"directory": ".../.xtrack", "client": "0.1.0",
     "findings": [{"id": "directory.writable", "level": "ok" | "info" | "warning" | "error", "title", "detail", "action"}]}

`id` is stable; `title`, `detail` and `action` are texts for people, `action` is "" where there is nothing to do. Errors come
first. Exit code: 1 where a finding is an error, else 0.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Callable, Dict, List, NamedTuple, Optional

from ..core.directory import resolve
from ..version import VERSION
from .finding import LEVELS, Finding, Level

_SIGNS: Dict[Level, str] = {"error": "✗", "warning": "!", "info": "·", "ok": "✓"}


class Request(NamedTuple):
    #: The folder from which .xtrack is searched for, or a .xtrack directory itself.
    folder: Optional[str] = None
    run_id: Optional[str] = None
    as_json: bool = False


def main(request: Request) -> int:
    directory = _given(request) or resolve(os.path.expanduser(request.folder) if request.folder else None)
    findings = examine(directory, request)
    if request.as_json:
        answer = {"directory": directory, "client": VERSION, "findings": [finding._asdict() for finding in findings]}
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        sys.stdout.write(text_of_all(directory, findings))
    return 1 if any(finding.level == "error" for finding in findings) else 0


def _given(request: Request) -> Optional[str]:
    """The directory that the request names, which counts whatever XTRACK_DIR says."""
    if request.folder is None:
        return None
    folder = os.path.abspath(os.path.expanduser(request.folder))
    if os.path.basename(folder) == ".xtrack":
        return folder
    inside = os.path.join(folder, ".xtrack")
    return inside if os.path.lexists(inside) else None


def examine(directory: str, request: Request) -> List[Finding]:
    # Only here: runs of scripts do not pay for what the doctor needs.
    from . import client, collector, place, runs

    checks: List[Callable[[], List[Finding]]] = [
        lambda: client.check(),
        lambda: place.check(directory, request.folder),
        lambda: collector.check(directory),
        lambda: runs.check_journals(directory),
    ]
    if request.run_id is not None:
        run_id = request.run_id
        checks.append(lambda: runs.check_run(directory, run_id))
    findings: List[Finding] = []
    for check in checks:
        try:
            findings.extend(check())
        except Exception as error:
            findings.append(
                Finding(
                    "doctor.failed",
                    "warning",
                    "Part of the examination failed",
                    "%s: %s" % (type(error).__name__, error),
                    "The other findings are valid all the same. Please report this one.",
                )
            )
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def text_of_all(directory: str, findings: List[Finding]) -> str:
    lines = ["XTrack client %s, runs in %s" % (VERSION, directory), ""]
    for finding in findings:
        lines.append("%s %s" % (_SIGNS[finding.level], finding.title))
        if finding.level != "ok":
            lines.extend("    " + part for part in finding.detail.split("\n") if part)
        if finding.action:
            lines.append("    → " + finding.action)
    counts = {level: sum(finding.level == level for finding in findings) for level in LEVELS}
    problems = ["%d %s%s" % (counts[level], level, "" if counts[level] == 1 else "s") for level in ("error", "warning") if counts[level]]
    lines += ["", ", ".join(problems) if problems else "Nothing is wrong."]
    text = "\n".join(lines) + "\n"
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return text.encode(encoding, "replace").decode(encoding)
