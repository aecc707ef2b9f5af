"""SampleRNN in torch: the teacher-forced network that the trainer fits (arXiv 1612.07837, section 2).

The published sample tier adds a linear map of the embedded taps to a linear map of the conditioning and feeds the
sum through one more linear layer before the first ReLU. That layer composes with both maps, so it is left out here:
`relu(taps + conditioning)`, `relu(W2 .)`, `W3 .` computes the same family of functions in fewer steps.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize

from livernn.model.config import FRAME_SCALE, ModelConfig
from livernn.model.recurrent import gru

LSTM_FORGET_BIAS = 3.0

TierState = tuple[Tensor, ...]
"""`(h,)` of a GRU or `(h, c)` of an LSTM, each `[layers, batch, dim]`."""


class NetworkOutput(NamedTuple):
    """Logits `[batch, time, q_levels]` and the frame tiers' states after the last frame, fastest first."""

    logits: Tensor
    states: list[TierState]


class Upsample(nn.Module):
    """A frame's state `[b, t, in]` to a conditioning vector per step of the tier below, `[b, t * ratio, out]`.

    `full` has a matrix per position (the published transposed convolution); `shared` has one matrix for all
    positions and a learned vector per position.
    """

    def __init__(self, dim_in: int, dim_out: int, ratio: int, shared: bool) -> None:
        super().__init__()
        self.ratio = ratio
        self.dim_out = dim_out
        positions = 1 if shared else ratio
        self.weight = nn.Parameter(torch.empty(positions * dim_out, dim_in))
        self.bias = nn.Parameter(torch.zeros(ratio, dim_out))
        nn.init.uniform_(self.weight, -math.sqrt(3.0 / dim_in), math.sqrt(3.0 / dim_in))

    def forward(self, state: Tensor) -> Tensor:
        batch, time, _ = state.shape
        spread = F.linear(state, self.weight).view(batch, time, -1, self.dim_out)
        return (spread + self.bias.to(spread.dtype)).reshape(batch, time * self.ratio, self.dim_out)


class FrameLevelRNN(nn.Module):
    """A frame tier (section 2.1): reads a frame of samples and the tier above, conditions the tier below."""

    def __init__(self, config: ModelConfig, tier: int) -> None:
        super().__init__()
        self.frame_size = config.frame_sizes[tier - 1]
        self.layers = config.layers
        dim = config.dims[tier]
        self.input = nn.Linear(self.frame_size, dim)
        rnn = nn.GRU if config.cell == "gru" else nn.LSTM
        self.rnn = rnn(dim, dim, num_layers=config.layers, batch_first=True)
        self.initial = nn.Parameter(torch.zeros(1 if config.cell == "gru" else 2, config.layers, dim))
        self.upsample = Upsample(dim, config.dims[tier - 1], config.ratio(tier), config.upsampler == "shared")
        nn.init.kaiming_uniform_(self.input.weight, nonlinearity="linear")
        nn.init.zeros_(self.input.bias)
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("weight_hh"):
                for gate in parameter.data.split(dim):
                    nn.init.orthogonal_(gate)
            elif name.startswith("weight_ih"):
                nn.init.uniform_(parameter, -math.sqrt(3.0 / dim), math.sqrt(3.0 / dim))
            else:
                nn.init.zeros_(parameter)
                if config.cell == "lstm" and name.startswith("bias_ih"):
                    parameter.data[dim : 2 * dim] = LSTM_FORGET_BIAS

    def initial_state(self, batch: int) -> TierState:
        """The learned state before the first frame."""
        return tuple(part.unsqueeze(1).expand(-1, batch, -1) for part in self.initial)

    def forward(self, frames: Tensor, above: Tensor | None, state: TierState) -> tuple[Tensor, TierState]:
        """Frames `[batch, steps, frame_size]`, conditioning `[batch, steps, dim]`; returns that of the tier below."""
        inputs = self.input(frames)
        if above is not None:
            inputs = inputs + above
        if isinstance(self.rnn, nn.LSTM):
            hidden, last = self.rnn(inputs, tuple(part.to(inputs.dtype).contiguous() for part in state))
            return self.upsample(hidden), tuple(last)
        if inputs.is_cuda:
            hidden, final = self.rnn(inputs, state[0].to(inputs.dtype).contiguous())
        else:
            hidden, final = gru(self.rnn, inputs, state[0])
        return self.upsample(hidden), (final,)


class SampleLevelMLP(nn.Module):
    """The sample tier (section 2.2): embedded taps plus conditioning, two ReLU layers, logits."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.taps = config.taps
        dim = config.dims[0]
        self.embedding = nn.Embedding(config.q_levels, config.embed_dim)
        self.input = nn.Linear(config.taps * config.embed_dim, dim, bias=False)
        self.hidden = nn.Linear(dim, dim)
        self.output = nn.Linear(dim, config.q_levels)
        nn.init.kaiming_uniform_(self.input.weight, nonlinearity="linear")
        nn.init.kaiming_uniform_(self.hidden.weight, nonlinearity="relu")
        nn.init.zeros_(self.hidden.bias)
        nn.init.zeros_(self.output.bias)
        # Distance between levels is known; an embedding that starts with it learns pitch sooner than one from noise.
        position = torch.linspace(-1.0, 1.0, config.q_levels).unsqueeze(1)
        harmonics = torch.arange((config.embed_dim + 1) // 2 + 1).unsqueeze(0) * math.pi / 2
        waves = torch.cat([position * math.sqrt(3.0), torch.sin(position * harmonics[:, 1:])], dim=1)
        waves = torch.cat([waves, torch.cos(position * harmonics[:, 1:])], dim=1)
        with torch.no_grad():
            self.embedding.weight.mul_(0.1)
            self.embedding.weight.add_(waves[:, : config.embed_dim])

    def forward(self, codes: Tensor, conditioning: Tensor) -> Tensor:
        """Codes `[batch, taps - 1 + time]`, conditioning `[batch, time, dim]`; logits `[batch, time, q_levels]`."""
        windows = self.embedding(codes).flatten(1).unfold(1, self.input.in_features, self.embedding.embedding_dim)
        hidden = torch.relu(self.input(windows) + conditioning)
        hidden = torch.relu(self.hidden(hidden))
        logits: Tensor = self.output(hidden)
        return logits


class SampleRNN(nn.Module):
    """The whole network. Section 3.1's weight norm, where asked for, is folded by `plain_state`."""

    def __init__(self, config: ModelConfig, *, weight_norm: bool = False) -> None:
        super().__init__()
        self.config = config
        self.frame_tiers = nn.ModuleList(FrameLevelRNN(config, tier) for tier in range(1, config.tiers))
        self.sample_tier = SampleLevelMLP(config)
        if weight_norm:
            for module in list(self.modules()):
                if isinstance(module, nn.Linear | Upsample):
                    parametrizations.weight_norm(module)

    def initial_states(self, batch: int) -> list[TierState]:
        """Learned states before the first sample, fastest tier first."""
        return [tier.initial_state(batch) for tier in self.frame_tiers]  # type: ignore[operator]

    def forward(self, codes: Tensor, states: list[TierState]) -> NetworkOutput:
        """Teacher-forced logits of every code after the first `lookback_samples`.

        Args:
            codes: `[batch, lookback_samples + time]`, time a multiple of the slowest frame size.
            states: as from `initial_states` or an earlier call, whose codes ended where these' predictions begin.
        """
        lookback = self.config.lookback_samples
        time = codes.shape[1] - lookback
        middle = (self.config.q_levels - 1) / 2
        linear = (codes.to(next(self.parameters()).dtype) - middle) * (FRAME_SCALE / middle)
        conditioning: Tensor | None = None
        after: list[TierState] = []
        for tier, state in zip(reversed(self.frame_tiers), reversed(states), strict=True):
            size = self.config.frame_sizes[len(states) - len(after) - 1]
            frames = linear[:, lookback - size : lookback + time - size].unflatten(1, (-1, size))
            conditioning, last = tier(frames, conditioning, state)
            after.insert(0, last)
        taps = self.config.taps
        logits = self.sample_tier(codes[:, lookback - taps : -1], conditioning)
        return NetworkOutput(logits, after)

    def plain_state(self) -> dict[str, Tensor]:
        """Weights by name with weight norm folded in, as a checkpoint stores them."""
        plain: dict[str, Tensor] = {}
        for name, parameter in self.named_parameters():
            owner, _, key = name.partition(".parametrizations.")
            if key:
                weight = key.split(".")[0]
                plain[f"{owner}.{weight}"] = getattr(self.get_submodule(owner), weight).detach()
            else:
                plain[name] = parameter.detach()
        return plain

    @torch.no_grad()
    def load_plain_state(self, weights: Mapping[str, Tensor]) -> None:
        """Inverse of `plain_state`."""
        for name, value in weights.items():
            owner, _, key = name.rpartition(".")
            module = self.get_submodule(owner)
            if parametrize.is_parametrized(module, key):
                setattr(module, key, value.to(getattr(module, key).device))
            else:
                module.get_parameter(key).copy_(value)


def bits_per_sample(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean negative log2 likelihood of `targets` `[batch, time]`."""
    return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten().long()) / math.log(2.0)
