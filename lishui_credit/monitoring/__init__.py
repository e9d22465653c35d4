"""The months after a card was fitted: has the population moved, do the PDs hold, what is due to be looked at.

Names are imported when first used: importing this folder loads no scipy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
