"""What a bank does with a score: sweep cut-offs, count profit, set, defend and test a policy.

Names are imported when first used. Those that share a name with their module (`book`, `sweep`) are
bound here at once, or the module would take the name when another module imports it; they load
no scipy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
