from .fitting import Fitted as Fitted
from .fitting import fit_file as fit_file
from .judging import validate_file as validate_file
from .scoring import score_file as score_file
