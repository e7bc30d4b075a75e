"""The doctor on the collector: how it is found, whether it answers, and who may write databases."""

from __future__ import annotations

import http.client
import json
import os
import stat
from typing import Any, Dict, List, Optional

from ..core import directory as directories
from ..core.process import hostname, liveness
from ..version import VERSION
from .finding import Finding

_PROTOCOL = 1
_PATIENCE_S = 3.0


def check(directory: str) -> List[Finding]:
    if not os.path.isdir(directory):
        return []
    return [*_lease(directory), *_collector(directory)]


def _collector(directory: str) -> List[Finding]:
    path = directories.discovery_file(directory)
    if not os.path.exists(path):
        return [
            Finding(
                "collector.none",
                "info",
                "No collector is running for this directory",
                "Runs are recorded all the same, and are shown as soon as the folder is opened in the editor. There is no %s." % path,
            )
        ]
    findings = _readable(path)
    found = directories.discover(directory)
    if found is None:
        detail = "%s is damaged or cannot be read, so that scripts cannot notify the collector when their journal grows." % path
        todo = "Delete that file and reload the editor's window."
        return [*findings, Finding("collector.discovery", "error", "The collector's address cannot be read", detail, todo)]
    try:
        state = ask(found, "collector.info", {})
    except Refused as error:
        return [
            *findings,
            Finding(
                "collector.token",
                "error",
                "The collector refuses this client",
                "It answers at %s:%d, but with %s: it has another token than %s." % (found.host, found.port, error, path),
                "Delete that file and reload the editor's window.",
            ),
        ]
    except (OSError, ValueError, http.client.HTTPException) as error:
        return [
            *findings,
            Finding(
                "collector.silent",
                "error",
                "The collector does not answer",
                "According to %s it is at %s:%d: %s. Scripts are still recorded, but nothing is shown." % (path, found.host, found.port, error),
                "Reload the editor's window, which starts it again. If that does not help, delete the file.",
            ),
        ]
    return [*findings, *_versions(state), *_follower(state)]


def _readable(path: str) -> List[Finding]:
    if os.name != "posix" or not stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        return []
    return [
        Finding(
            "collector.exposed",
            "warning",
            "Others can read the collector's token",
            "Other users of this machine can read %s." % path,
            "chmod 600 %s, and reload the editor's window." % path,
        )
    ]


def _versions(state: Dict[str, Any]) -> List[Finding]:
    version, protocol = str(state.get("version")), state.get("protocol")
    if protocol != _PROTOCOL:
        return [
            Finding(
                "collector.protocol",
                "error",
                "Client and collector speak different protocols",
                "The client %s speaks version %d, the collector %s version %s." % (VERSION, _PROTOCOL, version, protocol),
                "Install the client again from the editor (XTrack: Install the Client), or update the extension.",
            )
        ]
    if version != VERSION:
        return [
            Finding(
                "collector.version",
                "warning",
                "Client and collector are of different versions",
                "The client is %s, the collector %s. They understand each other, but what is new in one may not be shown." % (VERSION, version),
                "Install the client again from the editor (XTrack: Install the Client), or update the extension.",
            )
        ]
    return [Finding("collector.answers", "ok", "The collector %s answers" % version, "pid %s" % state.get("pid"))]


def _follower(state: Dict[str, Any]) -> List[Finding]:
    reason = state.get("follower")
    if not reason:
        return []
    return [Finding("collector.follower", "warning", "Runs are only shown here", str(reason), "Launch and stop runs where the owner is.")]


def _lease(directory: str) -> List[Finding]:
    path = os.path.join(directory, "lease")
    try:
        with open(path, encoding="utf-8") as source:
            holder = json.load(source)
        host, pid = str(holder["host"]), int(holder["pid"])
    except FileNotFoundError:
        return []
    except OSError as error:
        detail = "%s: %s" % (path, error.strerror)
        todo = "Make it readable: it names the collector that may write databases here."
        return [Finding("lease.unreadable", "error", "The lease cannot be read", detail, todo)]
    except (ValueError, KeyError, TypeError):
        return [Finding("lease.damaged", "warning", "The lease is damaged", path, "Nothing has to be done: the next collector replaces it.")]
    if host != hostname():
        return [
            Finding(
                "lease.elsewhere",
                "warning",
                "The host %s owns this directory" % host,
                "Its collector (pid %d) writes the databases here. On %s runs are only shown; none can be launched or stopped." % (pid, hostname()),
                "Launch and stop runs on %s. If that machine is gone, delete %s." % (host, path),
            )
        ]
    if liveness(holder) is False:
        return [Finding("lease.dead", "info", "The last collector ended without giving up its lease", "The next one replaces it.")]
    return []


class Refused(Exception):
    pass


def ask(found: directories.Discovery, method: str, params: Dict[str, Any]) -> Dict[str, Any]:
    """Raises OSError, ValueError, HTTPException; Refused where the token is not accepted; LookupError with the API's error."""
    connection = http.client.HTTPConnection(found.host, found.port, timeout=_PATIENCE_S)
    try:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection.request("POST", "/rpc", body, {"Authorization": "Bearer " + found.token, "Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    if response.status in (401, 403):
        raise Refused("HTTP %d" % response.status)
    answer = json.loads(text.decode("utf-8", "replace"))
    if "error" in answer:
        raise LookupError(answer["error"])
    result: Optional[Dict[str, Any]] = answer.get("result")
    if not isinstance(result, dict):
        raise ValueError("what answers there is not a collector")
    return result
