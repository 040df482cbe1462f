"""What pre-training takes from a finished build."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planloom.commands.options import Commands, positive, seed
from planloom.errors import InputError, RecipeError
from planloom.jepa.sizes import SIZES

if TYPE_CHECKING:
    from planloom.jepa.parts import Made
    from planloom.jepa.train import Ended

MOST_NODES = 255
FOLDS = ("train", "valid", "test")


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_tensors(commands)
    _add_train(commands)
    _add_evaluate(commands)


def _add_tensors(commands: Commands) -> None:
    command = commands.add_parser("tensors", help="plans as integers, ready to be trained on")
    add = command.add_argument
    add("out", metavar="OUT", help="a finished build")
    add("--out", dest="into", type=Path, metavar="DIR", help="default: OUT/tensors")
    add("--vocab", type=positive, metavar="N", help="token ids (default: 16384)")
    add("--max-nodes", type=positive, metavar="N", help="leave larger plans out (default: 32)")
    add(
        "--with",
        dest="beside",
        action="append",
        default=[],
        choices=("boundary", "adversarial"),
        help="these plans too, in a folder of their own; may be given again",
    )
    add("--workers", type=positive, default=0, metavar="N", help="processes (default: all cores)")
    command.set_defaults(run=_tensors, command="tensors")


def _add_train(commands: Commands) -> None:
    command = commands.add_parser("train", help="a JEPA on tensors: what calls and plans to expect")
    add = command.add_argument
    add("tensors", type=Path, metavar="TENSORS", help="a build with tensors, or a folder of them")
    add(
        "--out", required=True, type=Path, metavar="RUN", help="a folder; a run begun there goes on"
    )
    add("--size", choices=tuple(SIZES), default="tiny", help="of the model (default: tiny)")
    add(
        "--epochs", type=positive, default=3, metavar="N", help="passes over the plans (default: 3)"
    )
    add("--steps", type=positive, metavar="N", help="so many steps instead of --epochs")
    add(
        "--seed", type=seed, default=0, metavar="N", help="of weights, order and masks (default: 0)"
    )
    add("--calls", type=positive, default=512, metavar="N", help="calls in a batch (default: 512)")
    add("--folds", nargs="+", choices=FOLDS, default=["train"], help="default: train")
    add("--without-gold", action="store_true", help="leave generated plans out")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: cuda if there")
    command.set_defaults(run=_train, command="train")


def _train(arguments: argparse.Namespace) -> int:
    from planloom.jepa.running import Settings, device
    from planloom.jepa.train import train

    settings = Settings(
        size=arguments.size,
        epochs=arguments.epochs,
        steps=arguments.steps,
        seed=arguments.seed,
        calls=arguments.calls,
        folds=tuple(dict.fromkeys(arguments.folds)),
        gold=not arguments.without_gold,
        device=device(arguments.device),
    )
    ended = train(arguments.tensors, arguments.out, settings)
    print(_ended(ended, arguments.out))
    _scaled(arguments)
    return int(ended.card.collapsed)


def _scaled(arguments: argparse.Namespace) -> None:
    """What `score` holds plans against, from benign plans that were not trained on."""
    from planloom.jepa import neural, score

    try:
        score.fit(str(arguments.tensors), arguments.out, energies=neural.energies(arguments.out))
    except InputError as error:
        print(f"planloom: no scales for score: {error}", file=sys.stderr)


def _add_evaluate(commands: Commands) -> None:
    command = commands.add_parser(
        "evaluate", help="did it learn? models beside themselves untrained, on plans held out"
    )
    add = command.add_argument
    add("runs", nargs="+", type=Path, metavar="RUN", help="what train left, each with another seed")
    add("--tensors", required=True, metavar="TENSORS", help="a build with tensors, or a folder")
    add("--folds", nargs="+", choices=FOLDS, default=["valid", "test"], help="default: valid test")
    add("--source", action="append", metavar="ID", default=[], help="plans of this source alone")
    add("--plans", type=positive, default=4_000, metavar="N", help="at most (default: 4,000)")
    add("--json", type=Path, metavar="FILE", help="default: evaluation.json in the first RUN")
    command.set_defaults(run=_evaluate, command="evaluate")


def _evaluate(arguments: argparse.Namespace) -> int:
    from planloom.jepa import evaluate

    found = evaluate.evaluate(
        arguments.runs, arguments.tensors, arguments.folds, arguments.source, arguments.plans
    )
    evaluate.save(found, arguments.json or arguments.runs[0] / evaluate.FILE)
    print(evaluate.told(found))
    return int(not found["gate"]["passed"])


def _ended(ended: "Ended", out: Path) -> str:
    card, last = ended
    seen = sum(card.seen.values())
    parts = ", ".join(
        f"{name} {last[name]:.3f}" for name in ("call", "argument", "request", "sigreg")
    )
    lines = [
        f"{out}: {card.steps:,} steps, {seen:,} plans in {card.seconds / 60:.1f} min, "
        f"{seen / max(card.seconds, 0.1):,.0f} a second",
        f"  last step: {parts}, std {card.std:.2f}",
    ]
    if card.collapsed:
        lines.append("  the latents have collapsed: the model is of no use")
    return "\n".join(lines)


def _tensors(arguments: argparse.Namespace) -> int:
    from planloom.jepa import parts, tokens
    from planloom.upload import Target

    vocabulary, most = arguments.vocab or tokens.VOCABULARY, arguments.max_nodes or parts.MAX_NODES
    if not tokens.FEWEST <= vocabulary <= tokens.MOST:
        raise RecipeError(f"--vocab {vocabulary}: from {tokens.FEWEST} to {tokens.MOST}")
    if most > MOST_NODES:
        raise RecipeError(f"--max-nodes {most}: {MOST_NODES} at most")
    out = Target(arguments.out).folder
    into = arguments.into or out / "tensors"
    beside = dict.fromkeys(arguments.beside)
    made = parts.write(out, into, vocabulary, most, beside, arguments.workers)
    print(_told(made, into))
    return 0 if made.folders[parts.PLANS].all.plans else 1


def _told(made: "Made", into: Path) -> str:
    lines = []
    for name, folder in made.folders.items():
        all_, usable = folder.all, folder.all.usable
        each = f", {all_.bytes / all_.plans:.0f} bytes a plan" if all_.plans else ""
        lines.append(
            f"{into / name}: {all_.plans:,} plans, {all_.calls:,} calls{each}, parts: {len(folder.parts)}"
        )
        lines.append(
            f"  usable: {usable['nodes']:,} have two nodes or more, {usable['edges']:,} an edge, "
            f"{usable['request']:,} a request"
        )
        lines += [f"  left out: {count:,} plans, {why}" for why, count in all_.left.items()]
    return "\n".join(lines)
