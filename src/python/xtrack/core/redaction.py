"""Secrets are left out of what is written down: by the names they go by, and by how they look.

`src/collector/server/services/launcher/secrets.ts` does the same to the arguments of a launch, and is held against this by a test.
"""

from __future__ import annotations

import re
from typing import List

REDACTED = "[redacted]"

# Vocabularies have tokens too.
_NO_SECRET = r"(?<!pad[_-])(?<!eos[_-])(?<!bos[_-])(?<!unk[_-])(?<!sep[_-])(?<!cls[_-])(?<!mask[_-])"
_WORD = r"(?:(?:api|access|secret|private|auth)[_-]?key|secret|passw(?:or)?d|passphrase|pwd|credential|" + _NO_SECRET + r"token(?![a-z]))"
_NAME = r"[\w-]*" + _WORD + r"[\w-]*"
_SECRETS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), REDACTED),
    (
        re.compile(
            r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[a-z]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bsk-[\w-]{16,}"
            r"|\bhf_\w{16,}|\bxox[a-z]-[\w-]{10,}|\bglpat-[\w-]{16,}"
        ),
        REDACTED,
    ),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+"), REDACTED),
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), r"\1:" + REDACTED + "@"),
    (re.compile(r"(" + _NAME + r"[\"']?\s*[:=]\s*)([\"'][^\"'\n]{4,}[\"']|[^\s\"',;(){}\[\]]{6,})", re.IGNORECASE), r"\1" + REDACTED),
)
_FLAG = re.compile(r"--?" + _NAME + r"\Z", re.IGNORECASE)
_FLAG_WITH_VALUE = re.compile(r"((?:--?)?" + _NAME + r"=).+", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE|PRIVATE|(?:^|_)KEY|KEY(?:$|_)|DSN", re.IGNORECASE)


def redact(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def redact_variable(name: str, value: str) -> str:
    return REDACTED if _VARIABLE.search(name) else redact(value)


def redact_arguments(words: List[str]) -> List[str]:
    redacted: List[str] = []
    is_secret = False
    for word in words:
        if is_secret and not word.startswith("-"):
            redacted.append(REDACTED)
        else:
            redacted.append(_FLAG_WITH_VALUE.sub(r"\1" + REDACTED, word) if _FLAG_WITH_VALUE.fullmatch(word) else redact(word))
        is_secret = _FLAG.match(word) is not None
    return redacted
