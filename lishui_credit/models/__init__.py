"""Models as folders of files: fitted from a sample file, judged, stored, judged again later.

This room stands above `scorecards`, which learns, and `validation`, which measures, and calls both.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
