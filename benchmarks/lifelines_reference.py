"""Weibull estimates by lifelines, to which our own likelihood is held in tests/test_posterior.py.

lifelines would pull pandas back, so it is no dependency. Install it in an environment of its own
and run ``python -m benchmarks.lifelines_reference`` there to write the file of references again.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

REFERENCE = Path(__file__).parents[1] / "tests" / "references" / "lifelines.json"
CASES = ((1, 60, 6.0, 0.8), (2, 200, 3.0, 1.1), (3, 500, 12.0, 1.6), (4, 1000, 2.0, 2.5))
"""Seed, how many waits are begun, and the true scale (months) and shape."""

Column = npt.NDArray[np.float64]


def waits(seed: int, count: int, scale: float, shape: float) -> tuple[Column, Column, Column]:
    """Months until each wait was seen last, months that it had lasted when first seen, and ends.

    They begin at random over twenty scales, of which the ledger saw the second half: what ended
    before is unknown, what had not ended by the close is cut off.
    """
    random = np.random.default_rng(seed)
    begun = 20 * scale * random.random(count)
    lasted = scale * (-np.log1p(-random.random(count))) ** (1 / shape)
    left = 20 * scale - begun
    entry = np.maximum(10 * scale - begun, 0.0)
    seen = lasted > entry
    ended = np.where(lasted <= left, 1.0, 0.0)
    return np.minimum(lasted, left)[seen], entry[seen], ended[seen]


def main() -> None:
    """Fit every case by lifelines and write what it finds."""
    import lifelines  # noqa: PLC0415 (the tests take their data from here without it)

    found = []
    for case in CASES:
        durations, entry, ended = waits(*case)
        model = lifelines.WeibullFitter().fit(durations, ended, entry=entry)
        estimates = {"scale": float(model.lambda_), "shape": float(model.rho_)}
        value = float(model.log_likelihood_)
        found.append({"case": case, "waits": len(ended), **estimates, "log_likelihood": value})
    answer = {"lifelines": lifelines.__version__, "found": found}
    REFERENCE.write_text(json.dumps(answer, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
