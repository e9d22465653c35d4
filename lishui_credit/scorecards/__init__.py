"""Points learned from outcomes: binning, scorecards, challengers, calibration, reject inference.

Names are imported when first used, so that importing the folder loads neither scikit-learn nor
LightGBM.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
