"""spaCy's tagger, morphologizer and parser trained on a treebank as spaCy's quickstart says, with nothing changed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PIPELINE = "tagger,morphologizer,parser"
PATIENCE, MOST_STEPS = 1600, 20_000
"""When the training of that config ends: so many steps after its best one, or after so many in all."""


@dataclass(frozen=True)
class SpacyTraining:
    """Where things lie: a Python that has spaCy, a treebank's files for train, dev and test, a folder for the rest."""

    python: str
    treebank: Path
    """Such as `UD_English-EWT`; holds one `*-ud-train.conllu`, and so on."""
    folder: Path
    steps: int | None = None
    """Instead of `MOST_STEPS`."""

    @property
    def model(self) -> Path:
        """The model of the step that was best on the dev data."""
        return self.folder / "model" / "model-best"

    @property
    def log(self) -> Path:
        """What the training said."""
        return self.folder / "train.log"

    @property
    def test(self) -> Path:
        """The test data in spaCy's format."""
        return self.folder / f"{self._source('test').stem}.spacy"

    def run(self) -> None:
        """Convert the treebank, write the config, train; on one core, with a log beside the model."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._converted("test")
        data = {part: self._converted(part) for part in ("train", "dev")}
        config = self.folder / "config.cfg"
        choice = ["--lang", "en", "--pipeline", PIPELINE, "--optimize", "efficiency", "--force"]
        self._spacy("init", "config", str(config), *choice)
        paths = [option for part, path in data.items() for option in (f"--paths.{part}", str(path))]
        limit = [] if self.steps is None else ["--training.max_steps", str(self.steps)]
        with self.log.open("w", encoding="utf-8") as log:
            self._spacy("train", str(config), "--output", str(self.folder / "model"), *paths, *limit, log=log.fileno())

    @property
    def finished(self) -> bool:
        """Whether it has been trained, to its end or for as many steps as it may."""
        if not self.model.exists():
            return False
        outcome = self.outcome()
        return bool(outcome["ended"]) or outcome["steps"] >= (self.steps or MOST_STEPS)

    def outcome(self) -> dict[str, int | bool]:
        """How many steps it took and after how many it was best, by the log, and whether it ended by itself."""
        lines = [line.split() for line in self.log.read_text(encoding="utf-8").splitlines()]
        scores = {int(cells[1]): score(cells) for cells in lines if len(cells) > 2 and cells[0].isdigit()}
        steps, best = max(scores), max(scores, key=lambda step: scores[step])
        return {"steps": steps, "best": best, "ended": steps - best >= PATIENCE or steps >= MOST_STEPS}

    def _converted(self, part: str) -> Path:
        """A part in spaCy's format, a document a sentence, since the sentences are given at the test too."""
        source = self._source(part)
        self._spacy("convert", str(source), str(self.folder), "--converter", "conllu")
        return self.folder / f"{source.stem}.spacy"

    def _source(self, part: str) -> Path:
        (source,) = self.treebank.glob(f"*-ud-{part}.conllu")
        return source

    def _spacy(self, *arguments: str, log: int | None = None) -> None:
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "BLIS")}
        command = [self.python, "-m", "spacy", *arguments]
        subprocess.run(command, check=True, env={**os.environ, **threads}, stdout=log, stderr=log)


def score(cells: list[str]) -> float:
    """The dev score of a line of the log, to more decimals than it says: accuracy of XPOS, UPOS and FEATS, UAS, LAS."""
    weights = (0.33, 0.17, 0.17, 0.17, 0.17)
    return sum(weight * float(cell) for weight, cell in zip(weights, cells[-7:-2], strict=True))
