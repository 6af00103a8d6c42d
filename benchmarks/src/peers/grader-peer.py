"""Agreement, bootstrap and overlap with the usual Python libraries; a command on stdin is done once and timed."""

import sys
import time
import warnings
from importlib.metadata import version

from peer import packages, read_input

with packages():
    import krippendorff
    import numpy
    from rouge_score.rouge_scorer import RougeScorer
    from sklearn.metrics import cohen_kappa_score

warnings.simplefilter("ignore")
given = read_input()
a, b, clusters, draws = given["a"], given["b"], numpy.array(given["clusters"]), given["draws"]
texts, stories = given["texts"], given["stories"]
values = numpy.array(a, dtype=float)
scorer = RougeScorer(["rouge2"])


def kappa():
    return cohen_kappa_score(a, b, weights="quadratic")


def alpha():
    return krippendorff.alpha([a, b], level_of_measurement="interval")


def bootstrap():
    generator = numpy.random.default_rng(0)
    count = clusters.max() + 1
    sums, sizes = numpy.bincount(clusters, values), numpy.bincount(clusters)
    drawn = generator.integers(0, count, (draws, count))
    return numpy.quantile(sums[drawn].sum(1) / sizes[drawn].sum(1), [0.025, 0.975])


def overlap():
    return [max(scorer.score(story, text)["rouge2"].precision for story in stories) for text in texts]


print(f"ready {' '.join(f'{name} {version(name)}' for name in ['scikit-learn', 'krippendorff', 'numpy', 'rouge-score'])}", flush=True)
work = {"kappa": kappa, "alpha": alpha, "bootstrap": bootstrap, "overlap": overlap}
for line in sys.stdin:
    name, repeats = line.split()
    begin = time.perf_counter()
    for _ in range(int(repeats)):
        work[name]()
    print(time.perf_counter() - begin, flush=True)
