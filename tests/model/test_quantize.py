"""The codecs: inverse of each other within half a step, monotone, and silent at the silence code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from livernn.model.config import ModelConfig
from livernn.model.quantize import decode, encode, level_table, pre_emphasise, silence_code, to_codes

CONFIGS = [
    ModelConfig(quantiser=quantiser, q_levels=levels) for quantiser in ("mu-law", "linear") for levels in (256, 255, 16)
]
signals = arrays(np.float32, st.integers(1, 64), elements=st.floats(-1.5, 1.5, width=32))


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_code_survives(config: ModelConfig) -> None:
    codes = np.arange(config.q_levels, dtype=np.uint8)
    np.testing.assert_array_equal(encode(decode(codes, config), config), codes)
    assert (np.diff(level_table(config)) > 0).all()
    assert level_table(config)[0] == -1.0
    assert level_table(config)[-1] == 1.0


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@given(signal=signals)
def test_error_is_within_the_neighbouring_levels(config: ModelConfig, signal: np.ndarray) -> None:
    codes = encode(signal, config)
    levels = level_table(config)
    clipped = np.clip(signal, -1.0, 1.0)
    below = levels[np.maximum(codes.astype(int) - 1, 0)]
    above = levels[np.minimum(codes.astype(int) + 1, config.q_levels - 1)]
    assert (clipped >= below - 1e-6).all()
    assert (clipped <= above + 1e-6).all()


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_silence_is_silent(config: ModelConfig) -> None:
    assert abs(level_table(config)[silence_code(config)]) == np.abs(level_table(config)).min()
    np.testing.assert_array_equal(to_codes(np.zeros(4, np.float32), config), silence_code(config))


@given(signal=signals, amount=st.floats(0.0, 0.99))
def test_de_emphasis_undoes_pre_emphasis(signal: np.ndarray, amount: float) -> None:
    emphasised = pre_emphasise(signal, ModelConfig(pre_emphasis=amount))
    restored, last = np.empty(len(signal)), 0.0
    for index, value in enumerate(emphasised):
        last = value + amount * last
        restored[index] = last
    np.testing.assert_allclose(restored, signal, atol=1e-4)
