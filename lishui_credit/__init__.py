"""Grade credit by published rules, learn points from outcomes, explain every point.

The names a user needs first: find the edition in force (`rubric`), read and check a file
(`intake`), grade it (`evaluate`, or `grade` from file to file), explain, verify, compare two
editions; learn a card (`Scorecard`, `BinningProcess`, `Odds`), challenge it (`Challenger`), judge it
(`validate`). Names are imported when first used, so that ``import lishui_credit`` is quick.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
