"""`python -m livernn`: the instrument's commands without a window.

Imports that take long stand in the commands that need them.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from livernn import __version__
from livernn.buglog import log_bug
from livernn.commandline import Parser, add_device, add_inputs, add_threads, count, number, positive, seed, sizes, whole
from livernn.control.params import PARAMS
from livernn.control.preset import Preset, bare_preset, load_preset
from livernn.errors import BadInputError, LiveRNNError
from livernn.model.config import ModelConfig, Upsampler
from livernn.model.precision import Precision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_VOICES = 64
INTERRUPTED = 130
_INFO_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 for a failure, 2 for bad input."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except LiveRNNError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; what is still buffered must not complain a second time as Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as bug:  # noqa: BLE001 - logged with its traceback
        return _fail(log_bug(bug), 1)
    return code


def _fail(message: str, code: int) -> int:
    print(f"livernn: {' '.join(message.split())}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m livernn", description="The liveRNN instrument without a window.")
    parser.add_argument("--version", action="version", version=f"liveRNN {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    render = commands.add_parser("render", help="write what a voice plays to a 24-bit WAV file at the model's rate")
    _add_model(render).add_argument(
        "--replay", type=Path, metavar="TAKE.json", help="make a take again; all but --out is the take's"
    )
    render.add_argument("--seconds", type=positive, default=10.0, metavar="S")
    render.add_argument("--seed", type=seed, default=0, metavar="N", help="same seed, same file")
    low, high = PARAMS["temperature"].minimum, PARAMS["temperature"].maximum
    render.add_argument("--temperature", type=_temperature, metavar="T", help=f"{low:g} to {high:g}")
    render.add_argument("--prime", type=Path, metavar="FILE", help="sound file to continue")
    render.add_argument("--voices", type=_live_voices, metavar="V", help="more than one are stereo")
    _add_precision(render)
    render.add_argument("--out", type=Path, required=True, metavar="FILE.wav")
    render.set_defaults(run=_render)

    play = commands.add_parser("play", help="play without a window until Ctrl+C")
    _add_model(play)
    play.add_argument("--audio-device", metavar="NAME", help="as `doctor` lists them")
    play.add_argument(
        "--microphone", metavar="NAME", help="as `doctor` lists them; open from the start (default: the system's)"
    )
    play.add_argument(
        "--microphone-channel", type=count, metavar="N", help="only that channel, from 1 (default: the mix of two)"
    )
    play.add_argument("--record", action="store_true", help="record a take from the first sound on")
    add_inputs(play)
    add_threads(play)
    add_device(play)
    play.set_defaults(run=_play)

    bench = commands.add_parser("bench", help="speed of a voice on this machine, in blocks of 64 samples")
    _add_model(bench).add_argument("--dims", type=sizes, metavar="N,N,N", help="random weights; sample tier first")
    bench.add_argument("--frame-sizes", type=sizes, metavar="N,N", help="with --dims (default: 16,64)")
    bench.add_argument("--upsampler", choices=get_args(Upsampler), help="with --dims (default: full)")
    _add_precision(bench)
    bench.add_argument("--voices", type=_voices, default=(1,), metavar="V[,V]", help="in lockstep; a report for each V")
    add_threads(bench)
    bench.add_argument("--compare", action="store_true", help="time the plain loop in torch as well")
    add_device(bench)
    bench.add_argument("--seconds", type=positive, default=10.0, metavar="S")
    bench.add_argument("--json", action="store_true", help="an object for each V, one line each")
    bench.set_defaults(run=_bench)

    info = commands.add_parser("info", help="what is known of a checkpoint, and its speed here")
    info.add_argument("path", metavar="PATH", help="a checkpoint, a preset's folder or its name")
    info.set_defaults(run=_info)

    doctor = commands.add_parser("doctor", help="devices, kernels, versions, and what is missing")
    doctor.set_defaults(run=_doctor)
    return parser


def _add_model(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--preset", default="piano", metavar="NAME", help="name or path (default: piano)")
    model.add_argument("--checkpoint", type=Path, metavar="PATH", help="a .safetensors file, at default settings")
    return model


def _add_precision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--precision", choices=get_args(Precision), help="default: int4 for a large model, else int8")


def _preset(options: argparse.Namespace) -> Preset:
    return load_preset(options.preset) if options.checkpoint is None else bare_preset(options.checkpoint)


def _render(options: argparse.Namespace) -> int:
    if options.replay is not None:
        return _replay(options.replay, options.out)
    from livernn.audiofile import read_audio
    from livernn.model.checkpoint import load_checkpoint
    from livernn.synth.offline import render_offline
    from livernn.wavfile import check_wav_name, write_wav

    check_wav_name(options.out)
    preset = _preset(options)
    checkpoint, patch = load_checkpoint(preset.checkpoint), preset.patch
    rate_hz = checkpoint.config.sample_rate_hz
    prime = read_audio(options.prime, rate_hz) if options.prime is not None else None
    for name in ("temperature", "voices"):
        if getattr(options, name) is not None:
            patch = patch.with_value(name, getattr(options, name))
    progress = _Progress("rendering")
    audio = render_offline(
        checkpoint,
        patch,
        options.seconds,
        options.seed,
        prime=prime,
        precision=options.precision,
        on_progress=progress.show,
    )
    progress.clear()
    write_wav(options.out, audio, rate_hz)
    print(f"{options.out}: {len(audio) / rate_hz:.2f} s at {rate_hz} Hz, seed {options.seed}")
    return 0


def _replay(take: Path, out: Path) -> int:
    from livernn.engine.replay import replay
    from livernn.engine.score import read_score
    from livernn.wavfile import check_wav_name, write_wav_blocks

    check_wav_name(out)
    score = read_score(take)
    progress = _Progress("replaying")
    done = 0

    def blocks() -> "Iterator[NDArray[np.float32]]":
        nonlocal done
        for block in replay(score):
            yield block
            done += len(block)
            progress.show(min(1.0, done / max(1, score.frames)))

    write_wav_blocks(out, blocks(), score.card.rate_hz, score.card.channels)
    progress.clear()
    print(f"{out}: {score.frames / score.card.rate_hz:.2f} s at {score.card.rate_hz} Hz, as it was played")
    return 0


def _play(options: argparse.Namespace) -> int:
    from livernn.headless.run import run_headless

    return run_headless(
        _preset(options),
        options.audio_device,
        _tell,
        options.midi,
        options.osc,
        microphone=options.microphone,
        microphone_channel=options.microphone_channel,
        record=options.record,
        threads=options.threads,
        device=options.device,
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _bench(options: argparse.Namespace) -> int:
    from livernn.bench import Speed, run_bench, run_gpu_bench
    from livernn.model.checkpoint import load_checkpoint, random_checkpoint

    shape = {name: getattr(options, name) for name in ("dims", "frame_sizes", "upsampler")}
    shape = {name: value for name, value in shape.items() if value is not None}
    if options.dims is not None:
        checkpoint = random_checkpoint(ModelConfig(**shape))
    elif shape:
        raise BadInputError("command line", "--frame-sizes and --upsampler describe a net of --dims", "Add --dims.")
    else:
        checkpoint = load_checkpoint(_preset(options).checkpoint)
    on_gpu = options.device == "cuda"
    if on_gpu and (options.threads != 1 or options.compare or options.precision is not None):
        raise BadInputError("command line", "--threads, --compare and --precision are of the CPU", "Leave them out.")
    for voices in options.voices:
        if on_gpu:
            speed: Speed = run_gpu_bench(checkpoint, options.seconds, voices=voices)
        else:
            speed = run_bench(
                checkpoint,
                options.seconds,
                options.precision,
                voices=voices,
                threads=options.threads,
                compare=options.compare,
            )
        print(json.dumps(speed.as_dict()) if options.json else speed.text(), flush=True)
    return 0


def _info(options: argparse.Namespace) -> int:
    from livernn.model.card import card
    from livernn.model.checkpoint import load_checkpoint

    preset = load_preset(options.path)
    checkpoint = load_checkpoint(preset.checkpoint)
    print(preset.checkpoint)
    for name, text in asdict(preset.about).items():
        if text:
            print(f"preset's {name}: {' '.join(text.split())}")
    for heading, text in card(checkpoint):
        print(f"{heading}: {text}")
    sys.stdout.flush()
    from livernn.bench import run_bench

    speed = run_bench(checkpoint, _INFO_SECONDS)
    print(f"speed here: {speed.real_time_factor:.2f} times real time in {speed.precision} on one core")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from livernn.doctor import examine

    missing: list[str] = []
    for finding in examine():
        print(finding.topic)
        for line in finding.lines:
            print(f"  {line}")
        sys.stdout.flush()
        missing += finding.missing
    print("Missing" if missing else "Nothing is missing.")
    for line in missing:
        print(f"  {line}")
    return 0


class _Progress:
    """A share that is rewritten in place, on a terminal only."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._terminal = sys.stderr.isatty()
        if self._terminal:
            # The first render on a machine compiles its kernel.
            print(f"{what}: preparing (up to a minute the first time)", end="", file=sys.stderr, flush=True)

    def show(self, share: float) -> None:
        if self._terminal:
            print(f"\r\033[K{self._what}: {share:.0%}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _temperature(text: str) -> float:
    spec, value = PARAMS["temperature"], number(text)
    if not spec.minimum <= value <= spec.maximum:
        raise argparse.ArgumentTypeError(f"{text} is not in {spec.minimum:g} to {spec.maximum:g}")
    return value


def _live_voices(text: str) -> int:
    return whole(text, 1, int(PARAMS["voices"].maximum))


def _voices(text: str) -> tuple[int, ...]:
    return tuple(whole(part, 1, MAX_VOICES) for part in text.split(","))
