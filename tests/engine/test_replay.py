"""A take is made again from its log alone: real voices, an output driven by hand, the writer's clock too."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.cli import main
from livernn.control.patch import Patch
from livernn.control.take_card import LOG_BEGIN, card_line
from livernn.engine.deck import Deck
from livernn.engine.history import History, is_beginning
from livernn.engine.messages import (
    Event,
    Load,
    Loaded,
    Play,
    Prime,
    Primed,
    Record,
    Reset,
    RunOn,
    RunsOn,
    SetAudio,
    Stop,
    TakeBegun,
    TakeEnded,
    WasReset,
)
from livernn.engine.real_studio import RealStudio
from livernn.engine.replay import replay
from livernn.engine.score import Flow, Score, read_score
from livernn.engine.shared import GATE, UNDERRUNS, ControlBlock, read_metrics
from livernn.engine.state_json import encode_state
from livernn.engine.take import new_card
from livernn.engine.transport import GATE_FADE_MS
from livernn.engine.writer import Writer
from livernn.errors import BadInputError
from livernn.model.checkpoint import load_checkpoint
from livernn.model.precision import GPU_PRECISION
from livernn.units import SIDES, ms_to_samples
from livernn.wavfile import HEADER_BYTES, from_pcm24, read_header, to_pcm24, write_wav
from tests.engine.fakes import COMPILE_PATIENCE_S, Rig, running_rig
from tests.fixtures.gpu import NAME
from tests.fixtures.stereo import mono


class Stage:
    """A rig with real voices, and a take writer that is pumped at every pull."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.folder = folder
        self.said: list[Event] = []
        self.writer = Writer(rig.reel, self.said.append)
        self.control = ControlBlock(rig.block)

    def play_for(self, samples: int, block: int = 96) -> NDArray[np.float32]:
        """Hear so many samples with the gate open, none of them before the sampler has it ready."""
        blocks = 0

        def enough(_: NDArray[np.float32]) -> bool:
            nonlocal blocks
            blocks += bool(self.rig.block.words[GATE])
            if blocks % 20 == 0:
                self.writer.pump()
            return blocks * block >= samples

        return self.rig.listen(enough, block)

    def turn(self, **values: float) -> None:
        self.control.write(Patch(**values), 9)

    def load(self, request: int, checkpoint: Path) -> None:
        self.rig.send(Load(request, str(checkpoint), None))
        self.rig.await_event(lambda event: isinstance(event, Loaded) and event.request == request, COMPILE_PATIENCE_S)

    def record(self) -> None:
        self.writer.record(Record(str(self.folder), "Tiny"))

    def end(self) -> Path:
        """The take's WAV."""
        self.writer.stop()
        ended = self.said[-1]
        assert isinstance(ended, TakeEnded)
        assert ended.lost_samples == 0
        return Path(ended.path)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with running_rig(RealStudio()) as rig:
        stage = Stage(rig, tmp_path / "takes")
        yield stage
        stage.writer.stop()


def samples_of(wav: Path) -> NDArray[np.float32]:
    content = wav.read_bytes()
    form = read_header(content)
    return from_pcm24(content[HEADER_BYTES : HEADER_BYTES + form.data_bytes]).reshape(-1, SIDES)


def assert_replayed(wav: Path) -> NDArray[np.float32]:
    """That the log gives the WAV, sample for sample; returns what both are."""
    recorded = samples_of(wav)
    wav.unlink()
    again = np.concatenate([*replay(read_score(wav.with_suffix(".json"))), np.empty((0, SIDES), np.float32)])
    assert again.shape == recorded.shape
    different = np.flatnonzero(from_pcm24(to_pcm24(again)) != recorded.ravel())
    assert different.size == 0, f"{different.size} of {recorded.size} differ, from {different[:3]} on"
    return recorded


def test_a_take_begun_while_playing_with_everything_that_can_happen(
    stage: Stage, checkpoint: Path, tmp_path: Path
) -> None:
    prime = tmp_path / "prime.wav"
    write_wav(prime, (0.5 * np.sin(np.arange(4000) / 5)).astype(np.float32), 16000)
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    heard = [stage.play_for(9000)]
    for temperature in (0.5, 1.5, 0.9):
        stage.turn(temperature=temperature, gain_db=-6.0 * temperature)
        heard.append(stage.play_for(3000))
    stage.record()
    stage.rig.send(Reset(5))
    stage.rig.expect(WasReset(5))
    heard.append(stage.play_for(5000))
    stage.rig.send(Prime(str(prime)))
    stage.rig.await_event(lambda event: isinstance(event, Primed))
    heard.append(stage.play_for(5000))
    stage.rig.send(Stop())
    heard.append(stage.rig.listen(lambda sound: not sound.any()))
    stage.rig.send(Reset(6))
    stage.rig.expect(WasReset(6))
    stage.turn(temperature=1.2)
    stage.rig.send(Play())
    heard.append(stage.play_for(5000, block=77))
    stage.load(2, checkpoint)
    heard.append(stage.play_for(5000))
    wav = stage.end()
    assert [type(event) for event in stage.said] == [TakeBegun, TakeEnded]
    assert np.array_equal(mono(samples_of(wav)), from_pcm24(to_pcm24(np.concatenate(heard)[-len(samples_of(wav)) :])))
    recorded = assert_replayed(wav)
    assert recorded.size > 30000
    assert (wav.with_suffix(".primes") / "prime.wav").read_bytes() == prime.read_bytes()


def test_underruns_are_replayed_too(stage: Stage, checkpoint: Path) -> None:
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    stage.play_for(5000)
    stage.record()
    for count in (20_000, 45_000, 100_000):  # the ring deepens to the largest block so far
        stage.rig.output.pull(count)
        stage.play_for(2000)
    assert stage.rig.block.words[UNDERRUNS] >= 3
    assert_replayed(stage.end())


@pytest.mark.parametrize("rate_hz", [44100.0, 96000.0])
def test_at_other_rates(stage: Stage, checkpoint: Path, rate_hz: float) -> None:
    stage.rig.send(SetAudio(None, rate_hz))
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    stage.play_for(5000)
    stage.record()
    stage.turn(temperature=0.6)
    stage.play_for(5000)
    wav = stage.end()
    assert read_header(wav.read_bytes()).rate_hz == rate_hz
    assert_replayed(wav)


def test_more_than_a_minute_begins_at_a_state(stage: Stage, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livernn.engine.past.PREROLL_S", 0.5)
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    for turn in range(12):
        stage.turn(temperature=0.5 + turn / 12)
        stage.play_for(20000, block=480)
    stage.record()
    stage.play_for(5000)
    wav = stage.end()
    score = read_score(wav.with_suffix(".json"))
    assert score.card.preroll_frames == 24000
    assert is_beginning(score.steps[0])
    assert score.steps[0]["at"] > 16000
    assert np.abs(assert_replayed(wav)).max() > 0.0


def test_a_change_of_rate_ends_a_take_and_begins_the_next(stage: Stage, checkpoint: Path) -> None:
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    stage.play_for(5000)
    stage.record()
    stage.play_for(5000)
    stage.rig.send(SetAudio(None, 44100.0))
    stage.rig.listen(lambda sound: stage.rig.output.opened[-1].rate_hz == 44100.0 and bool(sound.any()))
    stage.play_for(5000)
    stage.end()
    assert [type(event) for event in stage.said] == [TakeBegun, TakeEnded, TakeBegun, TakeEnded]
    first, second = (Path(event.path) for event in stage.said if isinstance(event, TakeEnded))
    assert [read_header(wav.read_bytes()).rate_hz for wav in (first, second)] == [48000, 44100]
    assert_replayed(first)
    assert_replayed(second)


def test_without_its_checkpoint_it_says_so(stage: Stage, checkpoint: Path) -> None:
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    stage.play_for(3000)
    stage.record()
    wav = stage.end()
    checkpoint.unlink()
    with pytest.raises(BadInputError, match="no longer there"):
        list(replay(read_score(wav.with_suffix(".json"))))


@pytest.fixture
def take(stage: Stage, checkpoint: Path) -> Path:
    """The JSON of a take with a bit of everything."""
    stage.load(1, checkpoint)
    stage.rig.send(Play())
    stage.play_for(3000)
    stage.record()
    stage.rig.send(Reset(5))
    stage.rig.expect(WasReset(5))
    stage.play_for(9000)
    return stage.end().with_suffix(".json")


def spoil(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    content = json.loads(path.read_text())
    change(content["log"])
    path.write_text(json.dumps({"take": content["take"]})[:-1] + ",\n" + json.dumps({"log": content["log"]})[1:])


def state_of(log: list[dict[str, Any]]) -> dict[str, Any]:
    return log[0]["state"]


def fill(array: dict[str, Any], value: int) -> None:
    data = np.full(array["shape"], value, array["type"])
    array["data"] = base64.b64encode(data.tobytes()).decode()


SPOILT: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "no beginning": lambda log: log.pop(0),
    "nothing": lambda log: log.clear(),
    "no end": lambda log: log.pop(),
    "lost entries": lambda log: log.insert(1, {"do": "lost", "what": "log", "heard": 0}),
    "no base64": lambda log: state_of(log)["network"].update(data="?"),
    "short": lambda log: state_of(log)["network"].update(data=""),
    "objects": lambda log: state_of(log)["network"].update(type="|O"),
    "negative position": lambda log: state_of(log).update(position=-1),
    "vast seed": lambda log: state_of(log).update(seed=1 << 80),
    "no chain": lambda log: state_of(log).update(chain=[]),
    "wild counters": lambda log: [fill(array, 1 << 40) for array in state_of(log)["chain"] if array["type"] == "<i8"],
    "below": lambda log: [fill(array, -5) for array in state_of(log)["chain"] if array["type"] == "<i8"],
    "another rate": lambda log: log[0].update(rate_hz=44100.0),
    "no rate": lambda log: log[0].update(rate_hz=0.0),
    "unknown step": lambda log: log[1].update(do="dance", at=0, ring=0),
    "positions": lambda log: next(entry for entry in log if entry["do"] == "reset").update(ring=10**6),
    "words for numbers": lambda log: log[0].update(at="0"),
    "bad patch": lambda log: log[1].update(set={"warmth": 1}),
    "flows": lambda log: [entry.update(ring=-5) for entry in log if entry["do"] == "flow"],
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_log_that_is_off_is_told_in_one_line(take: Path, name: str) -> None:
    spoil(take, SPOILT[name])
    with pytest.raises(BadInputError, match=r"cannot be replayed|there is no|does not know"):
        list(replay(read_score(take)))


def test_the_command_writes_the_take_again_byte_for_byte(take: Path, tmp_path: Path) -> None:
    wav, again = take.with_suffix(".wav"), tmp_path / "again.wav"
    content = wav.read_bytes()
    wav.unlink()
    assert main(["render", "--replay", str(take), "--out", str(again)]) == 0
    assert again.read_bytes() == content


def test_a_take_of_an_older_form_is_refused(tmp_path: Path) -> None:
    card = replace(new_card("", "", 48000, 0), format=1)
    (tmp_path / "take.json").write_bytes(card_line(card) + LOG_BEGIN + b"]}")
    with pytest.raises(BadInputError, match="older liveRNN"):
        read_score(tmp_path / "take.json")


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--replay", str(tmp_path / "none.json"), "--out", str(tmp_path / "x.wav")]) == 2
    assert "none.json" in capsys.readouterr().err


@pytest.mark.usefixtures("pretended_gpu")
def test_a_take_that_a_gpu_played_is_made_again_by_the_same_sampler(checkpoint: Path, tmp_path: Path) -> None:
    with running_rig(RealStudio(device="cuda")) as rig:
        stage = Stage(rig, tmp_path / "takes")
        stage.load(1, checkpoint)
        rig.send(Play())
        stage.play_for(2000)
        stage.record()
        stage.play_for(2000)
        stage.turn(temperature=0.5)
        stage.play_for(2000)
        rig.send(Reset(5))
        rig.expect(WasReset(5))
        stage.play_for(2000)
        wav = stage.end()
    assert f'"precision":"{GPU_PRECISION}"' in wav.with_suffix(".json").read_text("utf-8")
    assert np.abs(assert_replayed(wav)).max() > 0.01


@pytest.mark.usefixtures("pretended_gpu")
def test_a_sound_that_moves_to_a_gpu_and_back_goes_on_and_is_made_again(checkpoint: Path, tmp_path: Path) -> None:
    with running_rig(RealStudio()) as rig:
        stage = Stage(rig, tmp_path / "takes")
        stage.load(1, checkpoint)
        rig.send(Play())
        stage.play_for(2000)
        stage.record()
        for device, name in (("cuda", NAME), ("cpu", "CPU")):
            stage.play_for(2000)
            rig.send(RunOn(device))
            event = rig.await_event(lambda event: isinstance(event, RunsOn))
            assert (event.device, event.name) == (device, name)
            stage.play_for(24000)  # beyond what was in the ring
            assert (read_metrics(rig.block, rig.reel).gpu_ms > 0.0) == (device == "cuda")
        wav = stage.end()
    log = json.loads(wav.with_suffix(".json").read_text("utf-8"))["log"]
    moves = [entry for entry in log if entry["do"] == "voice" and entry["fade"] > 0 and "guard" not in entry]
    assert [move["origin"]["precision"] for move in moves] == [GPU_PRECISION, "int8"]
    assert len({move["state"]["seed"] for move in moves}) == 1
    assert 0 < moves[0]["state"]["position"] < moves[1]["state"]["position"]
    assert np.abs(assert_replayed(wav)).max() > 0.01


def test_a_rollback_is_replayed_as_it_was_heard(checkpoint: Path, tmp_path: Path) -> None:
    """By the contract in `journal`."""
    opened, touch, fade = load_checkpoint(checkpoint), 96, ms_to_samples(GATE_FADE_MS, 48000)
    before, old, new = (Patch(temperature=temperature).to_dict() for temperature in (0.9, 1.5, 0.5))
    voice = RealStudio().build(opened, 1, 48000.0, 1).voice
    origin = {"checkpoint": str(checkpoint), "sha256": opened.sha256, "precision": "int8", "seed": 1}
    state = encode_state(voice.snapshot())
    start = {"do": "voice", "fade": 0, "rate_hz": 48000.0, "origin": origin, "state": state, "fades": []}
    kept = voice.render(640, Patch(**before))
    deck = Deck()
    deck.voice = voice
    deck.leave(touch, Patch(**old))
    ring = np.concatenate([kept, *(deck.render(64, Patch(**new)) for _ in range(10))])

    history = History()
    history.add([{**start, "at": 0, "ring": 0}, {"do": "patch", "at": 0, "ring": 0, "set": before}])
    history.add([{"do": "patch", "at": 640, "ring": len(kept), "set": old}])
    history.add([{"do": "patch", "at": 704, "ring": len(kept) + 192, "set": before}])
    history.hear(len(kept) - 9, len(kept) - 9)
    history.add([{"do": "rollback", "at": 640, "ring": len(kept), "fade": touch, "set": old}])
    history.add([{"do": "patch", "at": 640, "ring": len(kept), "set": new}])
    history.hear(len(ring), len(ring))
    flow = Flow(0, 0, is_open=True, starved=False, level=fade)
    score = Score(tmp_path, new_card("", "", 48000, 0), [flow], history.since(0), len(ring))
    assert np.array_equal(np.concatenate(list(replay(score))), ring)
