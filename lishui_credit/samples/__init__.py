"""Seeded synthetic populations for every rubric, of any size; every row says synthetic.

`households`, `enterprises`, `tax` and `environment` make frames in the raw printed form a file would
have, `plan_observations` observations of the plan's indicators; `write` puts the small committed
samples under a folder. Marginals that are published are cited where they are used; the rest are
design choices and called so. None of it is real data.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
