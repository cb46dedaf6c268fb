"""Two character language models, forward and backward, while they learn; what they become is an encoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.alphabet import PADDING
from syntagma.encoders.character_lm import DIRECTIONS, EDGE, CharacterLM, Direction


class CharacterLanguageModels(nn.Module):
    """Predict each next character of a text, and each one before, the text's edges among them.

    The two directions share the characters' vectors and nothing else. `dropout` is of states, before prediction.
    """

    def __init__(self, encoder: CharacterLM, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        hidden, characters = encoder.width // 2, len(encoder.alphabet)
        self.outputs = nn.ModuleDict({direction: nn.Linear(hidden, characters) for direction in DIRECTIONS})
        self.dropout = nn.Dropout(dropout)

    def loss(self, texts: Sequence[str]) -> Tensor:
        """Cross-entropy a character in nats, the mean over both directions. A scalar."""
        return torch.stack([self.cross_entropy(texts, direction)[0] for direction in DIRECTIONS]).mean()

    def cross_entropy(self, texts: Sequence[str], direction: Direction) -> tuple[Tensor, int]:
        """The mean over the characters of all texts, and how many these are: those of the texts and an edge each."""
        numbers, states = self.encoder.read(texts, direction)
        edge = self.encoder.alphabet.number([EDGE] * len(texts), numbers.device)
        following = torch.cat([numbers[:, 1:], torch.full_like(edge, PADDING)], dim=1)
        ends = torch.tensor([[len(text)] for text in texts], dtype=torch.int64, device=numbers.device)
        following = following.scatter(1, ends, edge)
        real = following != PADDING
        scores = self.outputs[direction](self.dropout(states[real]))
        return nn.functional.cross_entropy(scores.float(), following[real]), int(real.sum())

    @torch.inference_mode()
    def perplexity(self, batches: Sequence[Sequence[str]]) -> dict[Direction, float]:
        """Perplexity a character of each direction, over all batches of texts."""
        self.eval()
        found: dict[Direction, float] = {}
        for direction in DIRECTIONS:
            parts = [self.cross_entropy(batch, direction) for batch in batches]
            nats = sum(mean.double() * count for mean, count in parts) / sum(count for _, count in parts)
            found[direction] = float(torch.as_tensor(nats).exp())
        return found
