"""The report of a study: its results, the findings, and every run; as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from syntagma.learning.studies.findings import Finding, findings
from syntagma.learning.studies.results import Results


@dataclass(frozen=True, slots=True)
class StudyReport:
    """A study whose runs are all done."""

    name: str
    results: Results
    findings: list[Finding]
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, results: Results, facts: Mapping[str, str | int | float]) -> StudyReport:
        """With the findings worked out."""
        return cls(name, results, findings(results), facts)

    def tables(self) -> Iterator[tuple[str, list[str]]]:
        """A title and the data sets of each table: one a data set, and one over all if there are several."""
        data = self.results.data
        for one in data:
            yield one, [one]
        if len(data) > 1 and self.results.common():
            yield f"mean of {', '.join(data)}", data

    def rows(self, data: list[str]) -> Iterator[tuple[str, list[str]]]:
        """Each stack that these data sets were tried with, and its mean and deviation at each size."""
        for stack in self.results.stacks:
            if all(self.results.has(one, stack) for one in data):
                cells = [self.results.cell(data, stack, size) for size in self.results.sizes]
                yield stack.name, [f"{cell.mean:.2f} ± {cell.deviation:.2f}" for cell in cells]

    def reliance(self, data: str) -> Iterator[tuple[str, list[str]]]:
        """Of each stack of several kinds, the score with each kind alone, at each size."""
        for stack in self.results.stacks:
            if len(stack.kinds) < 2 or not self.results.has(data, stack):
                continue
            by_size = [(size, self.results.reliance(data, stack, size)) for size in self.results.sizes]
            for kind in stack.kinds:
                if all(kind in kept for _, kept in by_size):
                    yield f"{stack.name}, {kind} alone", [f"{kept[kind]:.2f}" for _, kept in by_size]

    def to_json(self) -> str:
        """All of it as one indented JSON object."""
        return json.dumps(dict(self._parts()), indent=2) + "\n"

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield "name", self.name
        yield "facts", dict(self.facts)
        yield "stacks", {stack.name: dict(stack.members) for stack in self.results.stacks}
        yield "sizes", list(self.results.sizes)
        yield "seeds", self.results.seeds
        yield "scores", list(self._scores())
        yield "findings", [_told(finding) for finding in self.findings]
        yield "runs", [asdict(record) | {"score": record.score} for record in self.results.records]

    def _scores(self) -> Iterator[dict[str, Any]]:
        for data in self.results.data:
            for stack in self.results.stacks:
                if not self.results.has(data, stack):
                    continue
                for size in self.results.sizes:
                    cell = self.results.cell([data], stack, size)
                    scores = self.results.scores(data, stack, size)
                    yield {"data": data, "stack": stack.name, "size": size, **asdict(cell), "scores": scores}


def _told(finding: Finding) -> dict[str, Any]:
    """A finding as values, and each of its effects in words too."""
    told = asdict(finding)
    for name in ("sizes", "comparisons"):
        told[name] = [asdict(one) | {"words": str(one)} for one in getattr(finding, name)]
    return told
