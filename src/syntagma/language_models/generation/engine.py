"""Many sequences generated together: who has finished leaves, who waits enters."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from syntagma.errors import SyntagmaError
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.cache import CacheKind, SequenceCache, new_cache
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.generation.live_sequence import LiveSequence
from syntagma.language_models.generation.request import Request, Step
from syntagma.language_models.weights import products_alone


class Engine:
    """Continuous batching over one decoder. What a sequence becomes does not depend on who is beside it.

    Args:
        rows: most requests at once; more wait for their turn.
        piece: most prompt tokens of one sequence in a step.
        cache: by default a ring for models with a sliding window, growing memory for others.
    """

    def __init__(self, decoder: Decoder, *, rows: int = 16, piece: int = 512, cache: CacheKind | None = None) -> None:
        self.decoder, self.rows, self.piece = decoder, rows, piece
        self._cache_kind = cache
        self._waiting: deque[tuple[int, Request, SequenceCache | None]] = deque()
        self._live: list[LiveSequence] = []
        self._submitted = 0

    def submit(self, request: Request, cache: SequenceCache | None = None) -> int:
        """Put a request in the queue and give its number, counted from 0. A cache may hold the beginning of its tokens.

        Raises:
            SyntagmaError: the prompt is longer than the model can read, or has an id outside its vocabulary.
        """
        config = self.decoder.config
        if len(request.tokens) >= config.max_positions:
            raise SyntagmaError(
                f"a prompt of {len(request.tokens):,} tokens for a model that reads {config.max_positions:,} in all",
                fix="Shorten it; at least one place must be left for the answer",
            )
        wrong = [token for token in request.tokens if not 0 <= token < config.vocab_size]
        if wrong:
            raise SyntagmaError(f"token id {wrong[0]} in a prompt", fix=f"Its ids are 0 to {config.vocab_size - 1}")
        number, self._submitted = self._submitted, self._submitted + 1
        self._waiting.append((number, request, cache))
        return number

    def cancel(self, number: int, sample: int | None = None) -> None:
        """Forget a request, or one of its samples that is being generated."""
        if sample is None:
            self._waiting = deque(waiting for waiting in self._waiting if waiting[0] != number)
        self._live = [one for one in self._live if one.number != number or sample not in (None, one.sample)]

    @property
    def busy(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._live or self._waiting)

    def run(self) -> Iterator[Step]:
        """Steps of all requests until every one has ended, each as soon as it is known."""
        while self.busy:
            yield from self.step()

    @torch.inference_mode()
    def step(self) -> list[Step]:
        """One forward pass: a piece of each live sequence, and a token for those whose tokens have all been read."""
        self._admit()
        pieces = [sequence.next_piece(self.piece) for sequence in self._live]
        if all(piece.count == 1 for piece in pieces):
            with products_alone():
                return self._read(pieces)
        return self._read(pieces)

    def _read(self, pieces: Sequence[Piece]) -> list[Step]:
        vectors = self._vectors([piece.start for piece in pieces], [piece.count for piece in pieces])
        batch = Batch(self.decoder.config, pieces, self.decoder.device)
        states = self.decoder(vectors, batch)
        ready = [place for place, sequence in enumerate(self._live) if not sequence.unread]
        if not ready:
            return []
        logits = self.decoder.logits(states[batch.last_tokens()[ready]])
        return self._advance([self._live[place] for place in ready], logits)

    def _admit(self) -> None:
        """Let waiting requests in while there is room."""
        while self._waiting and len({sequence.number for sequence in self._live}) < self.rows:
            number, request, cache = self._waiting.popleft()
            self._live.append(LiveSequence(number, 0, request, cache or self.new_cache(len(request.tokens))))

    def new_cache(self, length: int) -> SequenceCache:
        """An empty memory for a sequence that begins with so many tokens."""
        config = self.decoder.config
        return new_cache(
            config,
            self._cache_kind,
            dtype=self.decoder.dtype,
            device=self.decoder.device,
            long=config.turns_long(length),
            piece=self.piece,
        )

    def _vectors(self, starts: Sequence[int], counts: Sequence[int]) -> Tensor:
        """What the pieces read, `[tokens, hidden]`."""
        pieces = list(zip(self._live, starts, counts, strict=True))
        tokens = [token for sequence, start, count in pieces for token in sequence.tokens_from(start, count)]
        vectors = self.decoder.embed(torch.tensor(tokens, device=self.decoder.device))
        place = 0
        for sequence, start, count in pieces:
            if (given := sequence.request.vectors) is not None:
                own = given[start : start + count]
                vectors[place : place + len(own)] = own.to(vectors)
            place += count
        return vectors

    def _advance(self, ready: Sequence[LiveSequence], logits: Tensor) -> list[Step]:
        """Draw a token for each sequence that is ready, and let those go that have ended."""
        steps = []
        for sequence, scores in zip(ready, logits, strict=True):
            group = [sequence]
            if not sequence.generated and sequence.sample == 0:
                group += self._siblings(sequence)
                self._live.extend(group[1:])
            steps += [self._drawn(one, scores) for one in group]
        ended = {(step.request, step.sample) for step in steps if step.ending}
        self._live = [one for one in self._live if (one.number, one.sample) not in ended]
        return steps

    def _siblings(self, first: LiveSequence) -> list[LiveSequence]:
        """Further samples of a request, which share the prompt that the first has read."""
        return [
            LiveSequence(first.number, sample, first.request, first.cache.copy())
            for sample in range(1, first.request.samples)
        ]

    def _drawn(self, sequence: LiveSequence, scores: Tensor) -> Step:
        token, log_probability = sequence.draw(scores)
        return Step(sequence.number, sequence.sample, token, log_probability, sequence.ending())
