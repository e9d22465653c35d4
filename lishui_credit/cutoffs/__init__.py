"""What a bank tries with a score: cut-offs, profit, constraints, swap sets, stress, who is affected.

Names are imported when first used: importing this folder loads no scipy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
