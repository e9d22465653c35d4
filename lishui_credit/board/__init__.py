"""The folder the dashboard reads when nobody gives it data: built from a seed, all of it synthetic.

Names are imported when first used: importing this folder loads no duckdb and no model library.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
