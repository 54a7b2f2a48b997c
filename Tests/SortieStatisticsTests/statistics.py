"""The same statistics by SciPy: a question a line on standard input, its answer a line on standard output."""
import sys

import numpy
from scipy import stats


def flip(*values):
    test = stats.permutation_test(
        (numpy.array(values),), lambda sample, axis: numpy.mean(sample, axis=axis), vectorized=True,
        permutation_type="samples", n_resamples=numpy.inf)
    return test.pvalue


questions = {
    "median": lambda *values: numpy.median(values),
    "quantile": lambda probability, *values: numpy.quantile(values, probability),
    "trimmed": lambda *values: stats.trim_mean(values, 0.2),
    "normal": stats.norm.ppf,
    "cumulative": stats.norm.cdf,
    "student": stats.t.ppf,
    "student-cumulative": stats.t.cdf,
    "flip": flip,
}
for line in sys.stdin:
    name, *numbers = line.split()
    print(repr(float(questions[name](*map(float, numbers)))))
