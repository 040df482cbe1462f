"""The model: calls and requests as vectors, a graph encoder, and a predictor of what is hidden.

Joint embedding: what is predicted are latents of calls and plans, never tokens. One dial, the size.
"""

from planloom.jepa.batch import Tensor
from planloom.jepa.extra import torch
from planloom.jepa.inputs import DEEPEST, LATEST, NUMBERS, PARTS, Bags, Inputs
from planloom.jepa.layout import RELATIONS, Layout
from planloom.jepa.sizes import Size
from planloom.jepa.tokens import RESERVED

nn, functional = torch.nn, torch.nn.functional


HEAVIEST = 6.0
"""The logarithm of how much more or less than at first a token may weigh."""
WIDER = 4
"""How much wider the hidden layer of a block is."""


class Words(nn.Module):
    """A bag of tokens as one vector: their sum, each token with a learned weight, as long as one of them.

    Calls and requests share the vectors, since a value that stands in both is the same token.
    """

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.rows = rows
        self.vector = nn.Embedding(rows, width)
        self.weight = nn.Embedding(rows, 1)
        nn.init.zeros_(self.weight.weight)

    def forward(self, bags: Bags) -> Tensor:
        tok = torch.where(
            bags.tok < self.rows,
            bags.tok,
            RESERVED + (bags.tok - RESERVED) % (self.rows - RESERVED),
        )
        weight: Tensor = self.weight(tok).clamp(-HEAVIEST, HEAVIEST).exp()
        total = functional.embedding_bag(
            tok,
            self.vector.weight,
            bags.at,
            mode="sum",
            per_sample_weights=weight.squeeze(1),
            include_last_offset=True,
        )
        return total * (_summed(weight * weight, bags.at) + 1e-6).rsqrt()


def _summed(values: Tensor, at: Tensor) -> Tensor:
    """The sums of rows behind one another; those of each by themselves, so that neighbours change nothing."""
    rows = torch.arange(len(values), device=at.device, dtype=at.dtype)
    return functional.embedding_bag(rows, values, at, mode="sum", include_last_offset=True)


class Block(nn.Module):
    """Attention inside a plan with a learned bias for each relation of two calls, then a layer for each call."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.looks, self.joins = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros(len(RELATIONS), heads))
        self.layer = nn.Sequential(
            nn.Linear(width, WIDER * width), nn.GELU(), nn.Linear(WIDER * width, width)
        )

    def forward(self, calls: Tensor, layout: Layout, visible: Tensor) -> Tensor:
        calls = calls + self.joins(self._attended(self.looks(self.before(calls)), layout, visible))
        found: Tensor = calls + self.layer(self.between(calls))
        return found

    def _attended(self, looks: Tensor, layout: Layout, visible: Tensor) -> Tensor:
        """What each call sees of the visible calls of its plan, and of itself."""
        found = []
        for call, real, relation in layout.buckets:
            plans, most = call.shape
            split = functional.embedding(call, looks).view(plans, most, 3, self.heads, -1)
            query, key, value = split.permute(2, 0, 3, 1, 4)
            bias = functional.embedding(relation, self.bias).permute(0, 3, 1, 2)
            scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5 + bias
            itself = torch.eye(most, dtype=torch.bool, device=call.device)
            seen = (visible[call] & real)[:, None, None, :] | itself
            weights = scores.masked_fill(~seen, -torch.inf).softmax(-1)
            found.append((weights @ value).transpose(1, 2).reshape(plans * most, -1))
        return functional.embedding(layout.place, torch.cat(found))


class Model(nn.Module):
    """Encoder of calls and plans, encoder of requests, predictor."""

    def __init__(self, size: Size, vocabulary: int) -> None:
        super().__init__()
        width, latent = size.width, size.latent
        self.size = size
        self.words = Words(min(size.rows, vocabulary), width)
        self.content = nn.Sequential(nn.LayerNorm(PARTS * width), nn.Linear(PARTS * width, width))
        self.number = nn.Sequential(nn.Linear(NUMBERS, width), nn.GELU(), nn.Linear(width, width))
        self.depth, self.turn = nn.Embedding(DEEPEST + 1, width), nn.Embedding(LATEST + 1, width)
        self.nothing = nn.Parameter(torch.randn(width) * 0.02)
        self.encoder = nn.ModuleList(Block(width, size.heads) for _ in range(size.blocks))
        self.call, self.plan = _head(width, latent), _head(width, latent)
        self.asked = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, WIDER * width),
            nn.GELU(),
            nn.Linear(WIDER * width, width),
        )
        self.expected = _head(width, latent)
        self.hint, self.unknown = nn.Linear(width, width), nn.Parameter(torch.zeros(width))
        self.predictor = nn.ModuleList(Block(width, size.heads) for _ in range(size.predictor))
        self.filled = _head(width, latent)

    def encoded(self, given: Inputs, *, whole: bool) -> Tensor:
        """Each call in its plan [N, width]: of the whole plan, or with nothing of what is hidden."""
        bags = self.words(given.whole if whole else given.seen)
        content = self.content(bags.view(len(given.graph), -1)) + self.number(given.number)
        visible = torch.ones_like(given.hidden) if whole else ~given.hidden
        calls = torch.where(visible[:, None], content, self.nothing) + self._place(given)
        for block in self.encoder:
            calls = block(calls, given.layout, visible)
        return calls

    def _place(self, given: Inputs) -> Tensor:
        found: Tensor = self.depth(given.depth) + self.turn(given.turn)
        return found

    def calls(self, encoded: Tensor) -> Tensor:
        """The latents of calls [N, latent]."""
        found: Tensor = self.call(encoded)
        return found

    def plans(self, encoded: Tensor, given: Inputs, *, whole: bool = True) -> Tensor:
        """The latents of plans [G, latent]: of all their calls, or of those that are not hidden."""
        kept = torch.ones_like(given.hidden) if whole else ~given.hidden
        kept = kept[:, None].float()
        total = _summed(encoded.float() * kept, given.call_at)
        found: Tensor = self.plan(total / _summed(kept, given.call_at).clamp(min=1))
        return found

    def requests(self, given: Inputs) -> Tensor:
        """The requests as vectors [G, width]."""
        words = self.words(given.request)
        found: Tensor = words + self.asked(words)
        return found

    def expects(self, requests: Tensor) -> Tensor:
        """The latents of plans that requests let expect [G, latent]."""
        found: Tensor = self.expected(requests)
        return found

    def fills(self, encoded: Tensor, requests: Tensor, given: Inputs) -> Tensor:
        """The latents of calls [N, latent], the hidden ones from the visible, their own place, and a told request."""
        hint = torch.where(given.told[:, None], self.hint(requests), self.unknown)
        calls = torch.where(given.hidden[:, None], self.nothing + self._place(given), encoded)
        calls = calls + hint[given.graph]
        for block in self.predictor:
            calls = block(calls, given.layout, torch.ones_like(given.hidden))
        found: Tensor = self.filled(calls)
        return found


def _head(width: int, latent: int) -> "nn.Sequential":
    return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, latent))
