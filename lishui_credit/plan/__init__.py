"""The plan's twelve indicators: definitions, observations, progress against the path to 2020.

Names are imported when first used: importing this folder loads no duckdb and no scipy. `progress`
and `observations` share their names with their modules, which would take the names when another
module imports them, so they are bound here at once.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
