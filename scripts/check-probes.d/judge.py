"""Probes the places of `terrane probe --save FILE` with scikit-learn and PyTorch, and compares what both predict.

  python3 judge.py FILE...      (needs numpy, scikit-learn, torch and safetensors)

Ends with status 1 where a vote of neighbours differs, a number by more than a ten-thousandth of the labels'
deviation, or more than one vote in fifty of a logistic regression: two line searches that end by one tolerance
end at two places.
"""
import json
import sys
import warnings

import numpy as np
import torch
from safetensors import safe_open
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")


def split_parts(file, names):
    numbers = sorted({int(n.split(".")[1]) for n in names if n.startswith("split.")})
    for number in numbers:
        yield {
            part: file.get_tensor(f"split.{number}.{part}").astype(int)
            if f"split.{number}.{part}" in names else np.zeros(0, int)
            for part in ("training", "validation", "pool", "test")
        }


def neighbours(x, y, part):
    """k 5, Euclidean; equal votes go to the first class, equally near places to the first place."""
    bank, labels = x[part["training"]], y[part["training"]]
    count = min(5, len(bank))
    model = KNeighborsClassifier(count, algorithm="brute").fit(bank, labels)
    return model.predict(x[part["test"]])


def logistic(x, y, part, choice):
    """The last fit of torchgeo-bench's main.py, by its linear.py, in double precision."""
    rows = np.concatenate([part["training"], part["validation"]])
    inputs = torch.tensor(x[rows], dtype=torch.float64)
    classes, labels = torch.unique(torch.tensor(y[rows]), return_inverse=True)
    layer = torch.nn.Linear(x.shape[1], len(classes), dtype=torch.float64)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), lr=1.0, max_iter=4000, history_size=10,
                                  line_search_fn="strong_wolfe", tolerance_grad=1e-7, tolerance_change=1e-7)

    def loss():
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(layer(inputs), labels)
        value = value + 0.5 / choice / len(rows) * (layer.weight * layer.weight).sum()
        value.backward()
        return value

    optimizer.step(loss)
    with torch.no_grad():
        return classes[layer(torch.tensor(x[part["test"]])).argmax(1)].numpy()


def ridge(x, y, part, choice):
    rows = part["pool"]
    scaler = StandardScaler().fit(x[rows])
    model = Ridge(alpha=choice * len(rows)).fit(scaler.transform(x[rows]), y[rows])
    return model.predict(scaler.transform(x[part["test"]]))


def judge(path):
    failures = 0
    with safe_open(path, "numpy") as file:
        names = set(file.keys())
        metadata = file.metadata()
        splits = list(split_parts(file, names))
        y = file.get_tensor("labels").astype(float)
        if "classes" in metadata:
            y = y.astype(int)
        for name in sorted(n for n in names if n.startswith("predictions.")):
            _, features, method = name.split(".")
            found = file.get_tensor(name).astype(float)
            x = file.get_tensor("features." + features).astype(float)
            choices = json.loads(metadata.get(f"choices.{features}.{method}", "[]"))
            wanted = np.full(len(y), np.nan)
            for index, part in enumerate(splits):
                if method == "knn5":
                    wanted[part["test"]] = neighbours(x, y, part)
                elif method == "linear" and metadata["protocol"] == "torchgeo-bench":
                    wanted[part["test"]] = logistic(x, y, part, choices[index])
                elif method == "ridge":
                    wanted[part["test"]] = ridge(x, y, part, choices[index])
            tested = ~np.isnan(wanted)
            if not tested.any():
                print(f"{features:22s} {method:7s} not judged: scikit-learn has no such probe")
                continue
            if method == "ridge":
                scores = [r2_score(y[tested], v[tested]) for v in (found, wanted)]
                other = np.abs(found - wanted)[tested].max() / y.std()
                text = f"R2 {scores[0]:.5f} and {scores[1]:.5f}, largest difference {other:.1e} deviations"
                # Predictions are saved as float32.
                failures += other > 1e-4
            else:
                scores = [(y == v)[tested].mean() for v in (found, wanted)]
                other = int((found != wanted)[tested].sum())
                text = f"accuracy {scores[0]:.5f} and {scores[1]:.5f}, {other} of {tested.sum()} votes differ"
                failures += other > (0 if method == "knn5" else tested.sum() / 50)
            print(f"{features:22s} {method:7s} {text}")
    return failures


sys.exit(1 if sum(judge(path) for path in sys.argv[1:]) else 0)
