import numpy as np
import pytest

from livernn.model.config import ModelConfig
from livernn.model.quantize import decode, encode, silence_code, to_codes
from livernn.synth.filters import Decoder

CONFIG = ModelConfig()


def noise(count: int, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(3).normal(0, level, count).astype(np.float32)


def decoded(codes: np.ndarray, config: ModelConfig = CONFIG) -> np.ndarray:
    return Decoder(config).process(codes[np.newaxis])[0]


def plain_chain(codes: np.ndarray, config: ModelConfig) -> np.ndarray:
    """De-emphasis, then a one-pole DC blocker at 10 Hz, written out sample by sample."""
    pole = np.exp(-2 * np.pi * 10.0 / config.sample_rate_hz)
    level = float(decode(np.array([silence_code(config)], dtype=np.uint8), config)[0]) / (1 - config.pre_emphasis)
    blocked, audio = 0.0, []
    for x in decode(codes, config).astype(np.float64):
        before, level = level, x + config.pre_emphasis * level
        blocked = level - before + pole * blocked
        audio.append(blocked)
    return np.array(audio, dtype=np.float32)


@pytest.mark.parametrize(
    "config", [CONFIG, ModelConfig(quantiser="linear", pre_emphasis=0.0), ModelConfig(q_levels=64, pre_emphasis=0.95)]
)
def test_matches_the_chain_written_out(config: ModelConfig) -> None:
    codes = encode(noise(2000), config)
    assert np.allclose(decoded(codes, config), plain_chain(codes, config), atol=1e-6)


def test_undoes_what_the_encoder_did() -> None:
    time_s = np.arange(16000) / 16000.0
    audio = (0.3 * np.sin(2 * np.pi * 440.0 * time_s)).astype(np.float32)
    heard = decoded(to_codes(audio, CONFIG))
    error_db = 20 * np.log10(np.std(heard[8000:] - audio[8000:]) / np.std(audio))
    assert error_db < -25.0


def test_a_constant_dies_away() -> None:
    codes = np.full(16000, 200, dtype=np.uint8)
    heard = decoded(codes)
    assert abs(heard).max() > 0.5
    assert abs(heard[-1000:]).max() < 1e-6


def test_ten_hertz_is_the_corner() -> None:
    config = ModelConfig(quantiser="linear", pre_emphasis=0.0)
    time_s = np.arange(4 * 16000) / 16000.0
    for frequency_hz, expected_db in ((10.0, -3.0), (27.5, -0.54), (100.0, -0.04)):
        codes = encode((0.9 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32), config)
        heard = decoded(codes, config)[16000:]
        level_db = 20 * np.log10(np.std(heard) / (0.9 / np.sqrt(2)))
        assert level_db == pytest.approx(expected_db, abs=0.1)


def test_silence_is_silent_from_the_first_sample() -> None:
    heard = decoded(np.full(100, silence_code(CONFIG), dtype=np.uint8))
    assert abs(heard).max() < 1e-6


def test_voices_know_nothing_of_each_other_and_a_further_one_begins_as_a_copy() -> None:
    first, second = encode(noise(900), CONFIG), encode(noise(900, 0.3), CONFIG)
    decoder = Decoder(CONFIG)
    begin = decoder.process(first[np.newaxis, :300])
    both = decoder.process(np.stack([first, second])[:, 300:600])
    end = decoder.process(first[np.newaxis, 600:])
    assert np.array_equal(np.concatenate([begin[0], both[0], end[0]]), decoded(first))
    assert np.array_equal(both[1], decoded(np.append(first[:300], second[300:600]))[300:])
