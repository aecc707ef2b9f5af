"""`python -m trainer`: prepare, fit, evaluate, export, bench."""

import argparse
import errno
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, get_args

from tqdm import tqdm

from livernn.buglog import log_bug
from livernn.commandline import Parser, count, positive, seed, sizes, whole
from livernn.errors import BadInputError, LiveRNNError
from livernn.model.checkpoint import load_checkpoint, save_checkpoint
from livernn.model.config import Cell, ModelConfig, Quantiser, Upsampler
from trainer.config import NAMED, TrainConfig
from trainer.dataset import SPLITS, load_dataset
from trainer.prepare import prepare
from trainer.run import RunFolder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. What the user can mend is one line on stderr."""
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
    except LiveRNNError as error:
        print(f"trainer: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("trainer: stopped; fit goes on from its last validation with --resume", file=sys.stderr)
        return 130
    except OSError as error:
        where = error.filename or "a file"
        remedy = "Make room" if error.errno == errno.ENOSPC else "See to that"
        print(f"trainer: {where}: {error.strerror}. {remedy}, or choose another folder.", file=sys.stderr)
        return 1
    except Exception as bug:  # noqa: BLE001 - logged with its traceback
        print(f"trainer: {log_bug(bug)}", file=sys.stderr)
        return 1
    return 0


def _prepare(options: argparse.Namespace) -> None:
    codec = ModelConfig(
        sample_rate_hz=options.sample_rate,
        q_levels=options.q_levels,
        quantiser=options.quantiser,
        pre_emphasis=options.pre_emphasis,
    )
    with tqdm(unit="file", dynamic_ncols=True, disable=True if options.json else None) as bar:

        def show(done: int, total: int, name: str) -> None:
            if options.json:
                print(json.dumps({"done": done, "total": total, "name": name}), flush=True)
            bar.total, bar.n = total, done
            bar.set_postfix_str(name)

        report = prepare(
            options.folder,
            options.out,
            codec,
            seed=options.seed,
            longest_pause_s=options.longest_pause,
            licence=options.licence,
            credit=options.credit,
            on_file=show,
        )
    print(json.dumps(asdict(report)) if options.json else report.text())


def _fit(options: argparse.Namespace) -> None:
    from trainer.loop import fit  # torch takes seconds to import, and the other commands answer at once

    run = RunFolder(options.out)
    base = run.load_config() if options.resume and run.config.exists() else NAMED[options.config]
    config = _overridden(base, options)
    data = load_dataset(options.data)
    with run.claimed():
        best = fit(
            replace(data, licence=options.licence or data.licence, credit=options.credit or data.credit),
            config,
            run,
            minutes=options.minutes,
            resume=options.resume,
            init=options.init,
            tensorboard=options.tensorboard,
        )
    print(best if best.exists() else f"{run.path}: stopped before the first validation; go on with --resume")


def _evaluate(options: argparse.Namespace) -> None:
    from trainer.evaluate import evaluate
    from trainer.judge import judge_minutes

    if options.picture and not options.generate:
        raise BadInputError("--picture", "there is nothing to draw", "Say how much to render: --generate MINUTES.")
    data = load_dataset(options.data)
    evaluation = evaluate(options.checkpoint, data, options.split)
    figures, text = evaluation.as_dict(), evaluation.text()
    if options.as_played:
        from trainer.as_played import bits_as_played

        bits = bits_as_played(load_checkpoint(options.checkpoint), data.split(options.split))
        figures["as_played"] = bits
        text += "\nas the CPU kernels play it: " + ", ".join(f"{value:.4f} {name}" for name, value in bits.items())
    if options.generate:
        judgement = judge_minutes(options.checkpoint, data, options.generate, options.picture)
        figures["sound"] = judgement.as_dict()
        text += "\n" + judgement.text()
    print(json.dumps(figures, indent=2) if options.json else text)


def _export(options: argparse.Namespace) -> None:
    if options.out.suffix != ".safetensors" or options.out.is_dir():
        raise BadInputError(str(options.out), "that is no name for a checkpoint", "Let it end in .safetensors.")
    run = RunFolder(options.run_folder)
    run.load_config()
    source = run.last if options.last else run.best
    if not source.exists():
        raise BadInputError(str(run.path), "it holds no checkpoint yet", "Wait for the first validation.")
    checkpoint = load_checkpoint(source)
    save_checkpoint(options.out, checkpoint.config, checkpoint.weights, checkpoint.provenance)
    steps, bits = checkpoint.provenance["steps"], checkpoint.provenance["bits_per_sample"]["valid"]
    print(f"{options.out}: {steps} steps, {bits:.3f} bits/sample on the validation split")


def _bench(options: argparse.Namespace) -> None:
    from trainer.bench import bench

    # What the published figures were measured with: full upsampler, dims 512, frames 16/64, batch 16 x 1024.
    standard = TrainConfig(ModelConfig(dims=(512, 512, 512)), batch=16)
    result = bench(_overridden(standard, options), options.seconds)
    if options.json:
        print(json.dumps(result.as_dict()))
        return
    print(
        f"{result.samples_per_s:,.0f} audio samples/s: "
        f"{result.cell}, dims {result.dims}, {result.upsampler} upsampler, "
        f"batch {result.batch} x {result.chunk_samples}, {result.threads} threads, {result.device}, "
        f"{'bfloat16' if result.bf16 else 'float32'}\n"
        f"forward {result.forward_share:.0%}, backward {result.backward_share:.0%}, update {result.update_share:.0%}"
    )


def _overridden(config: TrainConfig, options: argparse.Namespace) -> TrainConfig:
    """`config` with every option that was given in its place."""
    given = {name: value for name, value in vars(options).items() if value is not None}
    model = {field.name: given[field.name] for field in fields(ModelConfig) if field.name in given}
    training = {field.name: given[field.name] for field in fields(TrainConfig) if field.name in given}
    return replace(config, model=replace(config.model, **model), **training)


def _from_0(text: str) -> int:
    return whole(text, 0, 2**31 - 1)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m trainer", description="Makes checkpoints for liveRNN.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

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
    command.set_defaults(run=_prepare)

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
    command.add_argument("--learning-rate", type=float)
    command.add_argument("--warmup-steps", type=_from_0)
    command.add_argument("--decay-share", type=float, help="last share of the run, over which the rate decays")
    command.add_argument("--ema-decay", type=float)
    command.add_argument("--gap-share", type=float, help="share of chunks that rise from silence")
    command.add_argument("--seed", type=seed)
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
    command.set_defaults(run=_fit)

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
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("export", help="write a run's best checkpoint to a file")
    command.add_argument("run_folder", type=Path, metavar="RUN")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.safetensors")
    command.add_argument("--last", action="store_true", help="the newest instead of the best")
    command.set_defaults(run=_export)

    command = commands.add_parser("bench", help="training throughput, and where the time goes")
    _add_network(command)
    command.add_argument("--seconds", type=positive, default=10.0)
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_bench)
    return parser


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


if __name__ == "__main__":
    sys.exit(main())
