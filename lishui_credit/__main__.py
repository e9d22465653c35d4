"""``python -m lishui_credit`` is ``lishui-credit``: the command line as a process of its own."""

import sys
from collections.abc import Sequence

from lishui_credit.commands.interruption import guarded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, as a process of its own; an interrupt counts from here on, imports included."""

    def run() -> int:
        from lishui_credit.commands.cli import main

        return main(arguments)

    return guarded(run, last=arguments is None)


if __name__ == "__main__":
    sys.exit(main())
