"""Ids come from outside (environment, arguments) and become paths: everything is checked against one pattern."""

from __future__ import annotations

import os
import re
import time

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def is_id(text: object) -> bool:
    return isinstance(text, str) and _ID.match(text) is not None


def clean_id(text: object, otherwise: str) -> str:
    """The nearest valid id; `otherwise` where no character of the text can be kept."""
    if isinstance(text, str) and is_id(text):
        return text
    try:
        kept = re.sub(r"[^A-Za-z0-9._-]+", "-", str(text)).lstrip("._-")[:128]
    except Exception:
        kept = ""
    return kept if is_id(kept) else otherwise


def new_run_id() -> str:
    """A new run id, such as 20261120-222501-k3f9x2; run ids sort by time of creation."""
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime()) + _random(6)


def new_writer() -> str:
    return _random(12)


def _random(length: int) -> str:
    # Not the random module: a script's seed must not give two processes one id, nor may we disturb the script's state.
    return "".join(_ALPHABET[byte % 36] for byte in os.urandom(length))
