"""The plan's twelve indicators: definitions, observations, progress against the path to 2020.

Names are imported when first used: importing this folder loads no duckdb and no scipy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
