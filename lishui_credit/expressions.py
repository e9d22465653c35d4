"""What points, rules and cards are written against: element-wise verbs of one dataframe engine."""

from __future__ import annotations

from typing import Any

Expr = Any
Namespace = Any
