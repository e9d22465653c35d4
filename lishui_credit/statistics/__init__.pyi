from .bootstrap import bootstrap_ranks as bootstrap_ranks
from .outcomes import Estimate as Estimate
from .proportions import jeffreys_interval as jeffreys_interval
