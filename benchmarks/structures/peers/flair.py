"""flair's CRF, loss and decoder. It has neither marginals nor k-best. START and STOP are two labels more, as always."""

from __future__ import annotations

import torch
from problems import ChainProblem
from torch import Tensor

from peers.loading import open_folders, stand_in

open_folders("flair", "models").device = torch.device("cpu")
stand_in("flair.data", Dictionary=object, Label=object, Sentence=object)

from flair.models.sequence_tagger_utils.crf import CRF, START_TAG, STOP_TAG  # noqa: E402
from flair.models.sequence_tagger_utils.viterbi import ViterbiDecoder, ViterbiLoss  # noqa: E402


class Names:
    """What flair's classes ask of a dictionary of labels."""

    def __init__(self, count: int) -> None:
        self.names = [*map(str, range(count)), START_TAG, STOP_TAG]

    def __len__(self) -> int:
        return len(self.names)

    def get_idx_for_item(self, name: str) -> int:
        """Number of a label."""
        return self.names.index(name)

    def get_item_for_index(self, index: int) -> str:
        """Name of a label."""
        return self.names[index]


class Chain:
    """One problem in flair's terms."""

    distribution = "flair"

    def __init__(self, problem: ChainProblem) -> None:
        count = problem.emissions.shape[2]
        names = Names(count)
        self.problem = problem
        self.crf = CRF(names, count + 2, init_from_state_dict=False)
        table = self.crf.transitions.data  # [to, from]
        table.fill_(-10000.0)
        table[:count, :count] = problem.transitions.T
        table[:count, count], table[count + 1, :count] = problem.start, problem.end
        self.emissions = torch.nn.functional.pad(problem.emissions, (0, 2)).requires_grad_(True)
        self.gold = torch.cat([row[:n] for row, n in zip(problem.labels, problem.lengths.tolist(), strict=True)])
        self.loss_function, self.decoder = ViterbiLoss(names), ViterbiDecoder(names)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        count = self.problem.emissions.shape[2]
        features = (self.crf(self.emissions), self.problem.lengths, self.crf.transitions)
        loss = self.loss_function(features, self.gold)
        emissions, transitions = torch.autograd.grad(loss, (self.emissions, self.crf.transitions))
        return emissions[..., :count], transitions[:count, :count].T

    @torch.no_grad()
    def viterbi(self) -> list[list[int]]:
        """The paths, whose labels flair gives as names."""
        features = (self.crf(self.emissions), self.problem.lengths, self.crf.transitions)
        rows, _ = self.decoder.decode(features, probabilities_for_all_classes=False, sentences=[])
        return [[int(name) for name, _ in row] for row in rows]
