"""Makes tinyscalelab.json from gradings/tinyscalelab (first argument): what scikit-learn, krippendorff and scipy say about judge and human."""

import csv
import json
import sys
from importlib.metadata import version

import krippendorff
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

folder = sys.argv[1]
# The two files number their rows differently: an item is known by its texts.
people = {(row["prompt"], row["completion"], row["category"]): row for row in csv.DictReader(open(f"{folder}/2025-04-30-manual-scores.csv", encoding="utf-8-sig"))}
groups = {"all": []}
for row in csv.DictReader(open(f"{folder}/llm_judge_score_agreement.csv", encoding="utf-8-sig")):
    human = people[(row["res_prompt"], row["res_completion"], row["res_category"])][f"{row['category']}_{row['subcriterion']}_score"]
    if human == "" or row["score"] == "":
        continue
    # Halves become whole numbers: scikit-learn takes no others for classes.
    pair = (int(2 * float(row["score"])), int(2 * float(human)))
    groups["all"].append(pair)
    groups.setdefault(row["category"], []).append(pair)

result = {"versions": {name: version(name) for name in ["scikit-learn", "krippendorff", "scipy"]}, "groups": {}}
for name, pairs in groups.items():
    judge, human = [a for a, _ in pairs], [b for _, b in pairs]
    result["groups"][name] = {
        "items": len(pairs),
        "kappa": cohen_kappa_score(judge, human),
        "kappaLinear": cohen_kappa_score(judge, human, weights="linear"),
        "kappaQuadratic": cohen_kappa_score(judge, human, weights="quadratic"),
        **{f"alpha{level.title()}": krippendorff.alpha([judge, human], level_of_measurement=level) for level in ["nominal", "ordinal", "interval"]},
        "spearman": spearmanr(judge, human).statistic,
    }
print(json.dumps(result, indent=1))
