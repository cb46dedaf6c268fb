"""Means and standard deviations over the runs of one recipe with several seeds, from their reports.

python studies/summary.py runs/wnut17-minilm-crf-1 runs/wnut17-minilm-crf-2 runs/wnut17-minilm-crf-3
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import fmean, stdev
from typing import Any


def main() -> None:
    """Print a Markdown table: a line for each data set and layer."""
    reports = [json.loads((Path(folder) / "report.json").read_text(encoding="utf-8")) for folder in sys.argv[1:]]
    print(
        f"{len(reports)} runs, {written([report['facts']['minutes of training'] for report in reports])} minutes each"
    )
    print("\n| data | layer | score | each |\n|---|---|---|---|")
    for position, data_set in enumerate(reports[0]["data_sets"]):
        for place, layer in enumerate(data_set["layers"]):
            values = [100 * score(report["data_sets"][position]["layers"][place]) for report in reports]
            each = ", ".join(f"{value:.2f}" for value in values)
            print(f"| {data_set['name']} | {layer['layer']} | {written(values)} | {each} |")


def score(layer: dict[str, Any]) -> float:
    """Micro F1 of spans, accuracy of tags."""
    scores = layer["scores"]
    return float(scores["micro"]["f1"] if layer["kind"] == "spans" else scores["accuracy"])


def written(values: list[float]) -> str:
    """Mean and, of several values, standard deviation."""
    return f"{fmean(values):.2f} ± {stdev(values):.2f}" if len(values) > 1 else f"{values[0]:.2f}"


if __name__ == "__main__":
    main()
