"""Whatever a script passes, training goes on."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def guarded(method: F) -> F:
    """What the method raises is only a warning, and so are wrong arguments. The object has `warnings`."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.warnings.caught(method.__name__, error)
            return None

    return cast(F, call)
