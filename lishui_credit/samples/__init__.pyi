from . import enterprises as enterprises
from . import environment as environment
from . import households as households
from . import plan_observations as plan_observations
from . import plan_records as plan_records
from . import registers as registers
from . import tax as tax
from .committed_files import write as write
