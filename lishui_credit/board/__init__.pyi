from .build import build_board as build_board
from .contents import Contents as Contents
from .contents import open_board as open_board
