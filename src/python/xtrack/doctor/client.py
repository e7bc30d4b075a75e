"""The doctor on this interpreter: its version, whether `import xtrack` means this client, the environment."""

from __future__ import annotations

import os
import platform
import sys
from typing import List

from ..core.collision import PACKAGE, another_xtrack_here, shadowing
from ..printed.patterns import VARIABLE as PATTERNS
from ..printed.patterns import from_environment
from ..version import VERSION
from .finding import Finding


def check() -> List[Finding]:
    return [*_python(), *_name(), *_environment()]


def _python() -> List[Finding]:
    version = platform.python_version()
    return [Finding("client.python", "ok", "Python %s, client %s" % (version, VERSION), "%s with %s" % (sys.executable, PACKAGE))]


def _name() -> List[Finding]:
    hidden_by = shadowing()
    if hidden_by is not None:
        return [
            Finding(
                "client.collision",
                "error",
                "`import xtrack` does not mean this client",
                "In this folder it finds %s. Scripts that log with XTrack fail or log nothing there." % hidden_by,
                "Rename that file or folder, or run scripts from another working directory.",
            )
        ]
    other = another_xtrack_here()
    if other is not None:
        return [
            Finding(
                "client.collision",
                "warning",
                "Another package named xtrack is installed",
                "%s has the same import name (on PyPI it is a package of accelerator physics). Which one a script gets depends on the "
                "order of the search path; with this client's folder first, scripts of the other one break." % other,
                "Keep the two in different environments.",
            )
        ]
    return [Finding("client.collision", "ok", "`import xtrack` means this client", PACKAGE)]


def _environment() -> List[Finding]:
    findings: List[Finding] = []
    transport = os.environ.get("XTRACK_TRANSPORT", "").strip().lower()
    if transport in ("null", "stdio", "file"):
        findings.append(
            Finding(
                "environment.transport",
                "warning",
                "Runs are not recorded in .xtrack",
                "XTRACK_TRANSPORT=%s is set: events go %s." % (transport, "nowhere" if transport == "null" else "elsewhere"),
                "Unset XTRACK_TRANSPORT to see runs in the editor.",
            )
        )
    elif transport not in ("", "journal", "tcp", "unix", "socket"):
        findings.append(
            Finding(
                "environment.transport",
                "warning",
                "There is no transport %r" % transport,
                "XTRACK_TRANSPORT has an unknown value; the journal in .xtrack is used.",
                "Unset it, or use stdio, tcp, unix, file or null.",
            )
        )
    if os.environ.get("XTRACK_RUN_ID") and not os.environ.get("XTRACK_SUPERVISED"):
        findings.append(
            Finding(
                "environment.run_id",
                "warning",
                "Every script that is started here records under the same run",
                "XTRACK_RUN_ID=%s is set in this shell." % os.environ["XTRACK_RUN_ID"],
                "Unset XTRACK_RUN_ID, unless these scripts are the workers of one run.",
            )
        )
    said: List[str] = []
    patterns = from_environment(lambda kind, message: said.append(message))
    findings.extend(
        Finding(
            "environment.patterns",
            "warning",
            "An output pattern is ignored",
            message,
            "Correct the setting xtrack.outputPatterns (or %s)." % PATTERNS,
        )
        for message in said
    )
    if patterns is not None and not said:
        findings.append(Finding("environment.patterns", "ok", "Output patterns are fine", os.environ[PATTERNS]))
    return findings
