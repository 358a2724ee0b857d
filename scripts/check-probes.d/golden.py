"""Writes Tests/ProbingTests/Golden/probes.json: features, and what scikit-learn and PyTorch make of them.

  python3 golden.py OUT.json      (needs numpy, scikit-learn and torch)
"""
import json
import sys

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, jaccard_score, r2_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

WIDTH, CLASSES, TRAIN, TEST = 6, 4, 90, 60
rng = np.random.default_rng(11)
centres = rng.normal(size=(CLASSES, WIDTH)) * 0.8
labels = rng.integers(0, CLASSES, TRAIN + TEST)
# Four digits, so that the file is short and every reader has the same numbers.
features = np.round(centres[labels] + rng.normal(size=(TRAIN + TEST, WIDTH)), 4)
numbers = np.round(features @ rng.normal(size=WIDTH) + 0.5 * rng.normal(size=TRAIN + TEST) + 7, 4)
x, y, u, v = features[:TRAIN], labels[:TRAIN], features[TRAIN:], labels[TRAIN:]


def logistic(strength, keep=slice(None)):
    found = LogisticRegression(C=strength, tol=1e-12, max_iter=100000).fit(x[keep], y[keep])
    predictions = found.predict(u)
    return {"strength": strength, "weights": found.coef_.tolist(), "intercepts": found.intercept_.tolist(),
            "predictions": predictions.tolist()}


def two_classes(strength):
    """scikit-learn has one row of weights for two classes; two rows with the same penalty are those of half its C."""
    keep = y < 2
    found = LogisticRegression(C=2 * strength, tol=1e-12, max_iter=100000).fit(x[keep], y[keep])
    return {"strength": strength, "difference": found.coef_[0].tolist(), "intercept": float(found.intercept_[0])}


def cosine_votes(count, temperature):
    """OlmoEarth's evals/knn.py, line by line."""
    bank = torch.nn.functional.normalize(torch.tensor(x), dim=1, eps=1e-8)
    query = torch.nn.functional.normalize(torch.tensor(u), dim=1, eps=1e-8)
    near, index = torch.topk(query @ bank.T, k=count, dim=1)
    one_hot = torch.nn.functional.one_hot(torch.tensor(y)[index], num_classes=CLASSES)
    votes = (torch.exp(near / temperature).unsqueeze(-1) * one_hot).sum(1)
    return {"count": count, "temperature": temperature, "votes": votes.tolist()}


def ridge(strength):
    scaler = StandardScaler().fit(x)
    found = Ridge(alpha=TRAIN * strength, tol=1e-14).fit(scaler.transform(x), numbers[:TRAIN])
    predictions = found.predict(scaler.transform(u))
    return {"strength": strength, "weights": found.coef_.tolist(), "intercept": float(found.intercept_),
            "predictions": predictions.tolist(), "determination": r2_score(numbers[TRAIN:], predictions)}


def head(normalises, decay, rates):
    """A linear layer after AdamW has seen the training rows in order, 30 at a time."""
    torch.set_default_dtype(torch.float64)
    weights = np.round(rng.normal(size=(CLASSES, WIDTH)) * 0.3, 4)
    layer = torch.nn.Linear(WIDTH, CLASSES)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights))
        layer.bias.zero_()
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(WIDTH), layer) if normalises else layer
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=decay)
    for step, rate in enumerate(rates):
        optimizer.param_groups[0]["lr"] = rate
        rows = slice(step % 3 * 30, step % 3 * 30 + 30)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.tensor(x[rows])), torch.tensor(y[rows])).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        logits = model(torch.tensor(u))
    return {"first": weights.tolist(), "decay": decay, "rates": rates, "logits": logits.tolist()}


plain = KNeighborsClassifier(n_neighbors=5, algorithm="brute").fit(x, y)
share = plain.predict_proba(u)
middle = logistic(1.0)["predictions"]
result = {
    "features": features.tolist(), "labels": labels.tolist(), "numbers": numbers.tolist(), "training": TRAIN,
    "logistic": [logistic(c) for c in (1e-6, 1e-2, 1.0, 1e4)], "twoClasses": two_classes(0.7),
    "neighbours": {"votes": np.round(share * 5).astype(int).tolist(), "predictions": plain.predict(u).tolist()},
    "cosine": [cosine_votes(20, 0.07)],
    "ridge": [ridge(s) for s in (1e-4, 0.1, 10.0)],
    "heads": [head(False, 0.05, [1e-2] * 7 + [1e-3] * 5), head(True, 0.01, [0.0, 0.05, 0.1, 0.1, 0.07, 0.02])],
    "scores": {"predictions": middle, "accuracy": accuracy_score(v, middle),
               "macroF1": f1_score(v, middle, average="macro"),
               "meanIoU": jaccard_score(v, middle, average="macro"),
               "confusion": confusion_matrix(v, middle).tolist()},
}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
