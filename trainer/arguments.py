"""The options of `python -m trainer`."""

import argparse
from pathlib import Path
from typing import Any, get_args

from livernn.commandline import Parser, count, positive, seed, sizes, whole
from livernn.model.config import Cell, ModelConfig, Quantiser, Upsampler
from trainer.config import NAMED
from trainer.dataset import SPLITS
from trainer.space import SPACE, USUAL


def _from_0(text: str) -> int:
    return whole(text, 0, 2**31 - 1)


def _settings(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in SPACE:
            raise argparse.ArgumentTypeError(f"{name} is not one of {', '.join(SPACE)}")
    return names


def parser() -> argparse.ArgumentParser:
    """The namespace that it parses has the command's name in `command`."""
    whole_parser = Parser(prog="python -m trainer", description="Makes checkpoints for liveRNN.")
    commands = whole_parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    command = commands.add_parser("prepare", help="turn a folder of audio into training data")
    command.add_argument("folder", type=Path)
    command.add_argument("--out", type=Path, required=True, metavar="DATA")
    command.add_argument("--sample-rate", type=int, default=ModelConfig.sample_rate_hz, metavar="HZ")
    command.add_argument("--q-levels", type=int, default=ModelConfig.q_levels)
    command.add_argument("--quantiser", choices=get_args(Quantiser), default=ModelConfig.quantiser)
    command.add_argument("--pre-emphasis", type=float, default=ModelConfig.pre_emphasis)
    command.add_argument("--seed", type=seed, default=0, help="deals files out to train, valid and test")
    command.add_argument("--longest-pause", type=positive, metavar="S", help="shorten longer silences to this")
    command.add_argument("--licence", default="", help="of the audio; goes onto the checkpoint's card")
    command.add_argument("--credit", default="", help="whom to credit; goes onto the checkpoint's card")
    command.add_argument("--json", action="store_true", help="a JSON line per file, and one of what was found")

    command = commands.add_parser("fit", help="train a model")
    command.add_argument("data", type=Path)
    command.add_argument("--config", choices=NAMED, default="live-256")
    command.add_argument("--out", type=Path, required=True, metavar="RUN")
    command.add_argument("--minutes", type=positive, help="stop after this much clock time, resumed time included")
    command.add_argument("--steps", type=count)
    command.add_argument("--resume", action="store_true", help="go on exactly where RUN stands, with its settings")
    command.add_argument(
        "--init", type=Path, metavar="CHECKPOINT", help="start from these weights; the network may be wider"
    )
    _add_network(command)
    _add_training(command)
    command.add_argument("--validate-every-steps", type=count)
    command.add_argument(
        "--validate-every-minutes", type=positive, help="where --validate-every-steps take longer than that"
    )
    command.add_argument("--deterministic", action="store_true", default=None, help="repeatable, in float32")
    command.add_argument("--licence", default="", help="onto the checkpoint's card, in place of the data's")
    command.add_argument("--credit", default="", help="onto the checkpoint's card, in place of the data's")
    command.add_argument(
        "--tensorboard", action="store_true", help="write RUN/tensorboard: figures, spectrograms and sound"
    )

    command = commands.add_parser("sweep", help="search for settings by many short runs")
    command.add_argument("data", type=Path)
    command.add_argument("--config", choices=NAMED, default="live-256", help="what the trials begin from")
    command.add_argument("--out", type=Path, required=True, metavar="STUDY", help="a folder; go on with an earlier one")
    command.add_argument("--minutes", type=positive, required=True, help="of each trial")
    command.add_argument("--trials", type=count, required=True, help="in all, those of earlier and other processes too")
    command.add_argument("--vary", type=_settings, default=USUAL, metavar="NAME,...", help=f"of {', '.join(SPACE)}")
    command.add_argument("--storage", metavar="URL", help="a database to share among machines; default: STUDY/sweep.db")
    command.add_argument("--cpu-time", action="store_true", help="count the process's own time: for a busy machine")
    _add_network(command)
    _add_training(command)

    command = commands.add_parser("evaluate", help="held-out bits per sample, beside baselines")
    command.add_argument("checkpoint", type=Path)
    command.add_argument("data", type=Path)
    command.add_argument("--split", choices=SPLITS, default="test")
    command.add_argument("--as-played", action="store_true", help="also by the CPU kernels, in each of their formats")
    command.add_argument(
        "--generate",
        type=positive,
        metavar="MINUTES",
        help="render that much and measure its sound, played by the patch.json beside CHECKPOINT if there is one",
    )
    command.add_argument("--picture", type=Path, metavar="FILE.png", help="with --generate: spectrograms")
    command.add_argument("--json", action="store_true")

    command = commands.add_parser("export", help="write a run's best checkpoint to a file")
    command.add_argument("run_folder", type=Path, metavar="RUN")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.safetensors")
    command.add_argument("--last", action="store_true", help="the newest instead of the best")

    command = commands.add_parser("bench", help="training throughput, and where the time goes")
    _add_network(command)
    command.add_argument("--seconds", type=positive, default=10.0)
    command.add_argument("--json", action="store_true")
    return whole_parser


def _add_training(command: Any) -> None:
    command.add_argument("--learning-rate", type=float)
    command.add_argument("--warmup-steps", type=_from_0)
    command.add_argument("--decay-share", type=float, help="last share of the run, over which the rate decays")
    command.add_argument(
        "--int8", action="store_true", default=None, help="learn with int8's rounding: to end with, from --init"
    )
    command.add_argument("--accumulate", type=count, metavar="PARTS", help="take the batch in parts, to save memory")
    command.add_argument("--ema-decay", type=float)
    command.add_argument("--clip-norm", type=positive, help="longest gradient")
    command.add_argument("--gap-share", type=float, help="share of chunks that rise from silence")
    command.add_argument("--seed", type=seed)


def _add_network(command: Any) -> None:
    command.add_argument("--dims", type=sizes, metavar="D,D,...", help="sample tier first, slowest tier last")
    command.add_argument("--frame-sizes", type=sizes, metavar="F,F,...", help="fastest tier first")
    command.add_argument("--embed-dim", type=count)
    command.add_argument("--cell", choices=get_args(Cell))
    command.add_argument("--layers", type=count)
    command.add_argument("--upsampler", choices=get_args(Upsampler))
    command.add_argument("--weight-norm", action="store_true", default=None)
    command.add_argument("--batch", type=count)
    command.add_argument("--chunk-samples", type=count)
    command.add_argument("--threads", type=count, help="CPU threads; default: all cores")
