"""``python -m lishui_credit`` is ``lishui-credit``."""

import sys

from lishui_credit.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
