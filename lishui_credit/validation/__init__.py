"""Does a score, a PD or a published grade hold: discrimination, calibration, stability, groups.

Names are imported when first used: importing this folder loads no scipy, scikit-learn or plotly.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
