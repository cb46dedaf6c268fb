"""All prompts of a run gone on from: to standard output, or kept one by one until a file can be written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from syntagma.atomic import replace_file
from syntagma.cli.continuations import Kind, job_of, record_of, write_all, writer
from syntagma.cli.outputs import standard_output
from syntagma.cli.part_file import PartFile, Record
from syntagma.cli.prompts import Prompt
from syntagma.cli.token_progress import token_progress

if TYPE_CHECKING:
    from syntagma.language_models.language_model import Generating, LanguageModel


class GenerationRun:
    """One run over all prompts, `rows` of them at a time."""

    def __init__(
        self,
        model: LanguageModel,
        prompts: Sequence[Prompt],
        how: Generating,
        *,
        rows: int,
        log_probabilities: bool,
    ) -> None:
        self._model, self._prompts, self._how = model, prompts, how
        self._rows, self._log_probabilities = rows, log_probabilities

    def to_standard_output(self, kind: Kind) -> None:
        """Write every continuation as soon as it and all before it are there."""
        with standard_output() as stream:
            self._generate(writer(kind, self._prompts, stream), shown=not stream.isatty())

    def to_file(self, kind: Kind, part: PartFile) -> None:
        """Keep continuations in the part file, and write the output when all are there."""
        kept = part.begin(
            job_of(self._model, self._how, self._prompts, log_probabilities=self._log_probabilities),
            group=self._how.samples,
        )
        try:
            with part.adding() as stream:
                self._generate(lambda record: part.add(stream, record), done=kept // self._how.samples)
        except KeyboardInterrupt:
            sys.stderr.write("Stopped, and kept as far as it went: the same command with --resume goes on.\n")
            raise
        with replace_file(part.output) as file:
            write_all(kind, self._prompts, part.records(), file)
        part.remove()

    def _generate(self, keep: Callable[[Record], None], *, done: int = 0, shown: bool = True) -> None:
        """Hand on the record of every continuation, from the first prompt that is not done."""
        samples = self._how.samples
        left = (prompt.value for prompt in islice(self._prompts, done, None))
        with token_progress("generating", len(self._prompts) * samples, shown=shown) as advance:
            advance(done * samples, 0)
            for continuation in self._model.generate_each(left, self._how, rows=self._rows):
                keep(record_of(continuation, before=done, log_probabilities=self._log_probabilities))
                advance(1, len(continuation.tokens))
