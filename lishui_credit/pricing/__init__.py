"""What a loan earns and costs: terms, prices, offers, churn, credit lines. Money in fen."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
