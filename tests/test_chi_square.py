"""The tail of the chi-square against scipy's."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import chdtrc

from lishui_credit.statistics.chi_square import tail


@given(st.floats(0, 5000), st.integers(1, 4000))
@example(5e-324, 2)
def test_the_tail_is_that_of_scipy(value: float, degrees: int) -> None:
    assert tail(value, degrees) == pytest.approx(chdtrc(degrees, value), rel=1e-9, abs=1e-300)


def test_no_degree_of_freedom_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        tail(1.0, 0)
