import numpy as np
import pytest

from livernn.model.config import ModelConfig
from livernn.model.quantize import decode, encode, silence_code, to_codes
from livernn.synth.filters import Decoder

CONFIG = ModelConfig()


def noise(count: int, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(3).normal(0, level, count).astype(np.float32)


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
    assert np.allclose(Decoder(config).process(codes, 1.0), plain_chain(codes, config), atol=1e-6)


def test_undoes_what_the_encoder_did() -> None:
    time_s = np.arange(16000) / 16000.0
    audio = (0.3 * np.sin(2 * np.pi * 440.0 * time_s)).astype(np.float32)
    heard = Decoder(CONFIG).process(to_codes(audio, CONFIG), 1.0)
    error_db = 20 * np.log10(np.std(heard[8000:] - audio[8000:]) / np.std(audio))
    assert error_db < -25.0


def test_a_constant_dies_away() -> None:
    codes = np.full(16000, 200, dtype=np.uint8)
    heard = Decoder(CONFIG).process(codes, 1.0)
    assert abs(heard).max() > 0.5
    assert abs(heard[-1000:]).max() < 1e-6


def test_ten_hertz_is_the_corner() -> None:
    config = ModelConfig(quantiser="linear", pre_emphasis=0.0)
    time_s = np.arange(4 * 16000) / 16000.0
    for frequency_hz, expected_db in ((10.0, -3.0), (27.5, -0.54), (100.0, -0.04)):
        codes = encode((0.9 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32), config)
        heard = Decoder(config).process(codes, 1.0)[16000:]
        level_db = 20 * np.log10(np.std(heard) / (0.9 / np.sqrt(2)))
        assert level_db == pytest.approx(expected_db, abs=0.1)


def test_silence_is_silent_from_the_first_sample() -> None:
    heard = Decoder(CONFIG).process(np.full(100, silence_code(CONFIG), dtype=np.uint8), 1.0)
    assert abs(heard).max() < 1e-6


def test_the_first_block_starts_at_its_gain_and_later_changes_glide() -> None:
    codes = encode(noise(3200), CONFIG)
    flat = Decoder(CONFIG).process(codes, 1.0)
    decoder = Decoder(CONFIG)
    quiet = decoder.process(codes[:1600], 0.25)
    assert np.allclose(quiet, 0.25 * flat[:1600], atol=1e-7)
    ratio = decoder.process(codes[1600:], 1.0) / flat[1600:]
    assert np.all(np.diff(ratio) > -1e-4)
    assert abs(np.diff(ratio)).max() < 0.75 * 0.0126
    assert ratio[80] == pytest.approx(1.0 - 0.75 / np.e, abs=0.01)
    assert ratio[-1] == pytest.approx(1.0, abs=1e-6)


def test_replaced_past_is_heard_at_the_gain_that_holds() -> None:
    codes, past = encode(noise(800), CONFIG), encode(noise(500, 0.2), CONFIG)
    decoder = Decoder(CONFIG)
    decoder.process(codes, 0.5)
    replayed = decoder.replace_past(past)
    following = decoder.process(codes, 0.5)
    assert np.allclose(np.append(replayed, following), 0.5 * Decoder(CONFIG).process(np.append(past, codes), 1.0))


def test_a_past_before_the_first_block_leaves_its_gain_free() -> None:
    codes = encode(noise(100), CONFIG)
    decoder = Decoder(CONFIG)
    decoder.replace_past(codes)
    full = Decoder(CONFIG)
    full.process(codes, 1.0)
    assert np.allclose(decoder.process(codes, 0.1), 0.1 * full.process(codes, 1.0))
