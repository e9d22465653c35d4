"""The regression against scikit-learn, scipy and a brute optimum."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from lishui_credit.errors import ModelError
from lishui_credit.statistics.logistic import fit_logistic

DRAW = np.random.default_rng(7)
X = DRAW.normal(size=(3000, 4)) @ np.array(
    [[1, 0.6, 0, 0], [0, 1, 0, 0], [0, 0, 1, -0.8], [0, 0, 0, 1]], dtype=float
)
BAD = DRAW.random(3000) < 1 / (1 + np.exp(1.5 + X @ np.array([0.8, -0.3, 0.5, 0.0])))
WEIGHT = DRAW.integers(1, 4, 3000).astype(float)


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("ridge", [1e-6, 1.0, 50.0])
def test_coefficients_are_those_of_scikit_learn(weight: np.ndarray | None, ridge: float) -> None:
    ours = fit_logistic(X, BAD, weight, ridge=ridge)
    theirs = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=5000)
    theirs.fit(X, ~BAD, sample_weight=weight)
    assert ours.coefficients == pytest.approx(theirs.coef_[0], abs=2e-4)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=2e-4)


def test_standard_errors_are_the_curvature_of_the_likelihood() -> None:
    def minus(beta: np.ndarray) -> float:
        line = beta[0] + X @ beta[1:]
        return float(np.logaddexp(0, np.where(BAD, line, -line)).sum())

    found = fit_logistic(X, BAD)
    at = np.concatenate(([found.intercept], found.coefficients))
    step, size = 1e-4, len(at)
    curve = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            e, f = np.eye(size)[i] * step, np.eye(size)[j] * step
            curve[i, j] = (
                minus(at + e + f) - minus(at + e - f) - minus(at - e + f) + minus(at - e - f)
            )
    errors = np.sqrt(np.diag(np.linalg.inv(curve / (4 * step**2))))
    assert found.errors == pytest.approx(errors, rel=1e-3)
    assert found.log_likelihood == pytest.approx(-minus(at))


def test_whole_weights_are_repeated_rows() -> None:
    times = WEIGHT.astype(int)
    repeated = fit_logistic(np.repeat(X, times, axis=0), np.repeat(BAD, times), ridge=1.0)
    weighed = fit_logistic(X, BAD, WEIGHT, ridge=1.0)
    assert weighed.coefficients == pytest.approx(repeated.coefficients, abs=1e-8)


def test_held_coefficients_are_the_bounded_optimum() -> None:
    def penalised(beta: np.ndarray) -> float:
        line = beta[0] + X @ beta[1:]
        loss = np.logaddexp(0, np.where(BAD, line, -line)).sum()
        return float(loss + 0.5 * (beta[1:] ** 2).sum())

    bounds = [(None, None)] + [(0, None)] * 4
    best = minimize(penalised, np.zeros(5), bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
    found = fit_logistic(X, BAD, ridge=1.0, positive=True)
    assert found.coefficients == pytest.approx(best.x[1:], abs=1e-4)
    assert found.coefficients.min() == 0.0
    free = fit_logistic(X, BAD, ridge=1.0)
    assert free.coefficients.min() < 0


def test_classes_told_apart_without_error_need_a_ridge() -> None:
    x = np.linspace(-1, 1, 200)[:, None]
    with pytest.raises(ModelError, match=r"does not converge|不收敛"):
        fit_logistic(x, x[:, 0] < 0)
    assert fit_logistic(x, x[:, 0] < 0, ridge=1.0).coefficients[0] > 0
