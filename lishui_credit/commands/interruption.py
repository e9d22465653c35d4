"""Ctrl-C at any moment: exit code 130 and one line, whatever was going on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

from lishui_credit.language import spoken, tr

_GUARDS: Final[list[object]] = []  # handlers in force


def guarded(run: Callable[[], int], *, last: bool = False) -> int:
    """Return what a run returns, or 130 after one line where it is interrupted.

    Only the first interrupt counts: drafts are removed undisturbed. Where the process ends with the
    run (`last`), nothing interrupts it after that.
    """
    asked = False

    def once(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before in _GUARDS:
        return run()
    ours = before is signal.default_int_handler
    _GUARDS.append(once)
    try:
        if ours:
            try:
                signal.signal(signal.SIGINT, once)
            except ValueError:  # not the main thread, which alone is interrupted
                ours = False
        code = run()
        if not asked:
            return code
    except KeyboardInterrupt:
        pass
    except BaseException:  # an interrupted import or library may raise anything
        if not asked:
            raise
    finally:
        _GUARDS.remove(once)
        if ours:
            signal.signal(signal.SIGINT, signal.SIG_IGN if last else before)
    words = tr(
        "lishui-credit: interrupted; files that were not complete were not written",
        "lishui-credit:已中断,未完成的文件没有写出",
    )
    print(spoken(words), file=sys.stderr)
    return 130
