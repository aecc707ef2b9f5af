"""`python -m trainer`: prepare, fit, sweep, evaluate, export, bench."""

import argparse
import errno
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, fields, replace

from tqdm import tqdm

from livernn.buglog import log_bug
from livernn.errors import BadInputError, LiveRNNError
from livernn.model.checkpoint import load_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig
from trainer.arguments import parser
from trainer.config import NAMED, TrainConfig
from trainer.dataset import load_dataset
from trainer.prepare import prepare
from trainer.run import RunFolder

MUCH_FOR_INT8_BITS = 0.01


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. What the user can mend is one line on stderr."""
    options = None
    try:
        options = parser().parse_args(arguments)
        _COMMANDS[options.command](options)
    except LiveRNNError as error:
        print(f"trainer: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        fits = options is not None and options.command == "fit"
        remedy = "; it goes on from its last validation with --resume" if fits else ""
        print(f"trainer: stopped{remedy}", file=sys.stderr)
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
    from trainer.ranks import joined, restarts

    run = RunFolder(options.out)
    resume = options.resume or restarts() > 0
    base = run.load_config() if resume and run.config.exists() else NAMED[options.config]
    config = _overridden(base, options)
    data = load_dataset(options.data)
    with joined() as ranks, run.claimed() if ranks.leads else nullcontext():
        best = fit(
            replace(data, licence=options.licence or data.licence, credit=options.credit or data.credit),
            config,
            run,
            minutes=options.minutes,
            resume=resume,
            init=options.init,
            tensorboard=options.tensorboard,
            ranks=ranks,
        )
    if ranks.leads:
        print(best if best.exists() else f"{run.path}: stopped before the first validation; go on with --resume")


def _sweep(options: argparse.Namespace) -> None:
    from trainer.sweep import Sweep

    out = options.out.resolve()
    sweep = Sweep(
        load_dataset(options.data),
        _overridden(NAMED[options.config], options),
        out,
        options.storage or f"sqlite:///{out / 'sweep.db'}",
        options.vary,
        options.minutes,
        options.trials,
        options.cpu_time,
    )
    print(sweep.run())


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
        text += _int8_advice(bits["int8"] - bits["fp32"])
    if options.generate:
        judgement = judge_minutes(options.checkpoint, data, options.generate, options.picture)
        figures["sound"] = judgement.as_dict()
        text += "\n" + judgement.text()
    print(json.dumps(figures, indent=2) if options.json else text)


def _int8_advice(cost_bits: float) -> str:
    if cost_bits <= MUCH_FOR_INT8_BITS:
        return ""
    return f"\nint8 costs {cost_bits:.4f} bits: some minutes of 'fit --int8 --init' with this checkpoint win most back"


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
    from trainer.bench import STANDARD, bench

    result = bench(_overridden(STANDARD, options), options.seconds)
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


_COMMANDS = {
    "prepare": _prepare,
    "fit": _fit,
    "sweep": _sweep,
    "evaluate": _evaluate,
    "export": _export,
    "bench": _bench,
}


if __name__ == "__main__":
    sys.exit(main())
