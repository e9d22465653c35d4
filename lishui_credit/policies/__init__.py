"""A lending policy as a file: check it, apply it, explain each decision, prove it again."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
