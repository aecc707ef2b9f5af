import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.model.quantize import level_table, to_codes
from tests.fixtures.corpus import CODEC, tune
from trainer.baselines import order_0_bits, order_2_bits
from trainer.dataset import CodeSplit, FileSpan
from trainer.linear_prediction import (
    Bins,
    Variant,
    adaptive_predictions,
    fixed_coefficients,
    linear_prediction_bits,
)

RANDOM = np.random.default_rng(0)


@pytest.fixture
def fitted_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.linear_prediction._MEMORIES_SAMPLES", (256,))
    monkeypatch.setattr("trainer.linear_prediction._FIT_SAMPLES", 1 << 13)


def split_of(*recordings: NDArray[np.uint8]) -> CodeSplit:
    offsets = np.cumsum([0, *(len(codes) for codes in recordings)])
    spans = tuple(
        FileSpan(str(offset), int(offset), len(codes)) for offset, codes in zip(offsets, recordings, strict=False)
    )
    return CodeSplit(np.concatenate(recordings), spans)


def music(seed: int, seconds: float = 1.5) -> CodeSplit:
    return split_of(to_codes(tune(seconds, seed), CODEC))


def test_order_0_is_the_entropy_of_the_histogram() -> None:
    codes = split_of(np.tile(np.array([3, 3, 7, 9], np.uint8), 10_000))
    assert order_0_bits(codes, codes, CODEC) == pytest.approx(1.5, abs=0.05)


def test_order_2_knows_what_follows_two_codes() -> None:
    config = ModelConfig(q_levels=16)
    pattern = split_of(np.tile(np.array([1, 1, 2, 2], np.uint8), 8000))
    assert order_2_bits(pattern, pattern, pattern, config) < 0.01
    assert order_0_bits(pattern, pattern, config) == pytest.approx(1.0, abs=0.01)


def test_order_2_backs_off_where_it_has_seen_nothing() -> None:
    config = ModelConfig(q_levels=16)
    train, unseen = (split_of(RANDOM.integers(0, top, 20_000, dtype=np.uint8)) for top in (8, 16))
    assert 4.0 < order_2_bits(train, unseen, unseen, config) < 15.0


def test_order_2_of_noise_is_no_better_than_order_0() -> None:
    config = ModelConfig(q_levels=16)
    splits = [split_of(RANDOM.integers(0, 16, 50_000, dtype=np.uint8)) for _ in range(3)]
    assert order_2_bits(*splits, config) == pytest.approx(4.0, abs=0.05)


def test_contexts_do_not_reach_across_recordings() -> None:
    config = ModelConfig(q_levels=16)
    one, other = np.full(4000, 3, np.uint8), np.full(4000, 12, np.uint8)
    together = order_2_bits(split_of(one), split_of(one), split_of(one, one), config)
    assert together == pytest.approx(order_2_bits(split_of(one), split_of(one), split_of(one), config), abs=1e-3)
    assert order_2_bits(split_of(one, other), split_of(one), split_of(one, other), config) < 0.1


@pytest.mark.parametrize("quantiser", ["mu-law", "linear"])
@pytest.mark.parametrize("levels", [2, 3, 256])
def test_bins_are_where_the_quantiser_cuts(quantiser: str, levels: int) -> None:
    config = ModelConfig(q_levels=levels, quantiser=quantiser, pre_emphasis=0.0)  # type: ignore[arg-type]
    bins = Bins.of(config)
    assert np.allclose(bins.values, level_table(config), atol=1e-6)
    audio = RANDOM.uniform(-1.0, 1.0, 5000).astype(np.float32)
    codes = to_codes(audio, config).astype(int)
    assert np.all((bins.edges[codes] <= audio + 1e-6) & (audio - 1e-6 <= bins.edges[codes + 1]))


@settings(max_examples=20)
@given(st.floats(-1.0, 1.0), st.floats(-12.0, 3.0), st.sampled_from([2, 16, 256]))
def test_probabilities_of_all_codes_sum_to_one(prediction: float, log_scale: float, levels: int) -> None:
    bins = Bins.of(ModelConfig(q_levels=levels))
    variant = Variant(bins, np.zeros(32), None)
    lower, upper = (torch.from_numpy(edges - prediction) for edges in (bins.edges[:-1], bins.edges[1:]))
    features = torch.full((levels, 1), log_scale, dtype=torch.float64)
    bits = variant._bits(features, lower, upper, torch.ones(1, dtype=torch.float64))
    assert float(torch.exp2(-bits).sum()) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("memory", [None, 256])
def test_the_future_is_not_used(memory: int | None) -> None:
    bins = Bins.of(CODEC)
    codes = to_codes(tune(1.0, 1), CODEC)
    changed = codes.copy()
    changed[5000:] = RANDOM.integers(0, 256, len(codes) - 5000, dtype=np.uint8)
    variant = Variant(bins, fixed_coefficients(split_of(codes), bins), memory)
    features, lower, _ = variant._terms(codes)
    features_changed, lower_changed, _ = variant._terms(changed)
    assert torch.equal(features[:5001], features_changed[:5001])
    assert torch.equal(lower[:5000], lower_changed[:5000])
    assert not torch.equal(features[5001:], features_changed[5001:])


def test_a_linear_recursion_is_recovered() -> None:
    signal = np.zeros(50_000)
    for index in range(2, len(signal)):
        signal[index] = 1.6 * signal[index - 1] - 0.9 * signal[index - 2] + 0.05 * RANDOM.standard_normal()
    config = ModelConfig(quantiser="linear", pre_emphasis=0.0)
    codes = split_of(to_codes(signal.astype(np.float32), config))
    fixed = fixed_coefficients(codes, Bins.of(config))
    assert fixed[-2:] == pytest.approx([-0.9, 1.6], abs=0.15)
    predicted = adaptive_predictions(signal, np.zeros(32), 4096)[10_000:]
    assert np.std(signal[10_000:] - predicted) == pytest.approx(0.05, rel=0.05)


@pytest.mark.usefixtures("fitted_quickly")
def test_linear_prediction_reads_music_better_than_counts_and_adapts() -> None:
    train, valid, test = music(1, 4.0), music(2), music(3)
    bits = linear_prediction_bits(train, valid, test, CODEC)
    assert 0.0 < bits["adaptive"] < bits["fixed"] < order_0_bits(train, test, CODEC)


@pytest.mark.usefixtures("fitted_quickly")
def test_linear_prediction_of_white_noise_costs_its_entropy() -> None:
    config = ModelConfig(q_levels=64, quantiser="linear", pre_emphasis=0.0)
    train, valid, test = (
        split_of(to_codes(RANDOM.logistic(0.0, 0.1, 20_000).astype(np.float32), config)) for _ in range(3)
    )
    # A logistic of scale s has ln s + 2 nats; bins are 2 / 63 wide.
    entropy = (np.log(0.1) + 2.0 - np.log(2.0 / 63.0)) / np.log(2.0)
    bits = linear_prediction_bits(train, valid, test, config)
    assert bits["fixed"] == pytest.approx(entropy, abs=0.06)
