"""The command line: `python -m examples.training --help`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from examples.training import breast_cancer, digits, iris
from examples.training.train import train

VARIANTS = {variant.ref: variant for module in (iris, digits, breast_cancer) for variant in module.VARIANTS}


def main(arguments: list[str] | None = None) -> int:
    """Train the versions that were named, each into a folder of its own; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.training",
        description="Train models from the data sets of scikit-learn, into OUT/MODEL/VERSION/.",
    )
    parser.add_argument("refs", nargs="*", metavar="MODEL[@VERSION]", help="which ones; all without any")
    parser.add_argument("--out", type=Path, help="where the folders go")
    parser.add_argument(
        "--random-state",
        type=int,
        metavar="N",
        help="another one than the variant's own, as a retraining has it",
    )
    parser.add_argument("--list", action="store_true", help="say what can be trained")
    options = parser.parse_args(arguments)

    chosen = [
        variant
        for ref, variant in VARIANTS.items()
        if not options.refs or ref in options.refs or variant.model in options.refs
    ]
    unknown = set(options.refs) - set(VARIANTS) - {variant.model for variant in VARIANTS.values()}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; --list says what there is")
    if options.list:
        for variant in chosen:
            print(f"{variant.ref:32} {variant.changelog}")
        return 0
    if options.out is None:
        parser.error("--out DIR is missing")
    for variant in chosen:
        folder = options.out / variant.model / variant.version
        if folder.exists():
            parser.error(f"{folder} is there already; remove it or name another --out")
        if options.random_state is not None:
            variant = variant.with_random_state(options.random_state)
        print(f"{variant.ref:32} {json.dumps(train(variant, folder))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
