"""The kernel's packing, partition and sampler, replayed in NumPy, against the reference."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.errors import DeviceError
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.cuda.draw import patch_values
from livernn.synth.cuda.driver import workers_for
from livernn.synth.cuda.partition import GROUPS, LEVELS, Partition, groups_of, pack, partition
from livernn.synth.philox import fill_gumbels
from livernn.synth.reference import Reference, distribution, draw_by_noise
from tests.fixtures.networks import codes_for
from tests.synth.cuda import replica

FP16_TOLERANCE = 0.02
NEAR = 1e-2


@pytest.mark.parametrize("dim", GROUPS)
@pytest.mark.parametrize("q_levels", [256, 200])
def test_the_divided_tier_gives_the_reference_s_logits(dim: int, q_levels: int) -> None:
    config = ModelConfig(frame_sizes=(6, 12), dims=(dim, 32, 32), embed_dim=4, q_levels=q_levels)
    checkpoint = random_checkpoint(config, seed=3)
    parts = partition(config, 2, 90)
    assert isinstance(parts, Partition)
    packed = pack(checkpoint, parts)
    codes = codes_for(config, 40)
    reference = Reference(checkpoint)
    conditioning, expected = [], []
    for at, code in enumerate(codes):
        logits = reference.logits()
        if at in (14, 33):
            expected.append(logits)
            conditioning.append(reference._conditioning[0][at % 6])
        reference.push(int(code))
    history = np.stack([codes[at - 6 : at] for at in (14, 33)])
    found = replica.logits(parts, packed, np.array(conditioning), history)
    assert np.abs(found[:, :q_levels] - expected).max() < FP16_TOLERANCE * np.std(expected)
    assert (found[:, q_levels:] < -1e29).all()


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**63),
    temperature=st.floats(0.2, 2.0),
    top_k=st.integers(0, LEVELS),
    top_p=st.floats(0.05, 1.0),
    min_p=st.floats(0.0, 0.5),
)
def test_the_warp_draws_as_specified(seed: int, temperature: float, top_k: int, top_p: float, min_p: float) -> None:
    patch = Patch(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    logits = np.random.default_rng(seed).normal(0.0, 2.0, LEVELS)
    noise = np.empty((1, LEVELS))
    fill_gumbels(noise, seed=seed, voice=0, start=seed % 1000)
    code = replica.draw(logits, noise[0], patch_values([patch], LEVELS)[:, 0, 0].numpy())
    probabilities = distribution(logits, patch)
    best = draw_by_noise(probabilities, noise[0])
    scores = logits / temperature + noise[0]
    assert code == best or abs(scores[best] - scores[code]) < NEAR
    looser = replace(patch, top_p=patch.top_p + 1e-5, min_p=patch.min_p - 1e-5)
    assert distribution(logits, looser)[code] > 0.0


def test_keys_order_floats_and_equals_are_equal() -> None:
    values = np.array([-np.inf, -2.0, -1e-30, 1e-30, 0.5, 0.5, 3.0, 1e30], np.float32)
    keys = replica.sortable(values)
    assert (np.diff(keys.astype(np.int64)) >= 0).all()
    assert keys[4] == keys[5]


@pytest.mark.parametrize(("voices", "each"), [(1, 1), (2, 8), (8, 8), (9, 8), (64, 8)])
def test_groups_are_of_one_voice_or_of_eight(voices: int, each: int) -> None:
    parts = partition(ModelConfig(), voices, 90)
    assert isinstance(parts, Partition)
    assert parts.voices == each
    assert each * groups_of(voices) >= voices


@pytest.mark.parametrize(
    ("config", "architecture", "why"),
    [
        (ModelConfig(dims=(384, 256, 256)), 90, "not 384"),
        (ModelConfig(frame_sizes=(32, 64)), 90, "not 32"),
        (ModelConfig(), 75, "8.0, not 7.5"),
        (ModelConfig(cell="lstm"), 90, "one GRU, not 1 LSTM"),
        (ModelConfig(layers=2), 90, "one GRU, not 2 GRU"),
        (ModelConfig(dims=(256, 256, 48)), 90, "multiple of 32 units, not (256, 48)"),
    ],
)
def test_what_it_cannot_serve_is_told(config: ModelConfig, architecture: int, why: str) -> None:
    reason = partition(config, 1, architecture)
    assert isinstance(reason, str)
    assert why in reason


@pytest.mark.parametrize(
    ("room", "group", "groups", "workers"),
    [(132, 8, 1, 64), (128, 8, 8, 8), (112, 16, 1, 64), (80, 16, 1, 64), (46, 8, 1, 32)],
)
def test_workers_are_as_many_clusters_as_find_a_place(room: int, group: int, groups: int, workers: int) -> None:
    assert workers_for(room, group, groups) == workers


def test_a_device_without_a_place_for_workers_is_told() -> None:
    with pytest.raises(DeviceError, match="needs 32 blocks at once, not 30"):
        workers_for(30, 8, 2)


@pytest.mark.parametrize(("architecture", "cluster"), [(80, False), (90, True), (120, False)])
def test_groups_are_clusters_where_shared_memory_is_distributed(architecture: int, cluster: bool) -> None:
    parts = partition(ModelConfig(), 1, architecture)
    assert isinstance(parts, Partition)
    assert parts.cluster is cluster
