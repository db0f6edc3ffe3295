"""Benchmarks side by side with peers in one run: goal, target, measured."""

import argparse
import importlib
import json
import os
import platform
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import rig
from table import Result, lines

TOPICS = ("rpc", "startup", "listing", "detail", "tui", "engine", "follow", "vasprun")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    parser.add_argument("--only", choices=TOPICS, action="append", help="only this topic; may be repeated")
    parser.add_argument(
        "--jobs", type=int, default=100_000, help="most jobs in the data set (1000000 takes long)"
    )
    return parser.parse_args()


def main() -> int:
    """Measure; 1 where a benchmark could not run."""
    asked = arguments()
    os.environ["CRYSTALMATH_BENCH_JOBS"] = str(asked.jobs)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors",
        file=sys.stderr,
    )
    done: list[Result] = []
    broken: list[str] = []
    for topic in asked.only or TOPICS:
        print(f"… {topic}", file=sys.stderr)
        try:
            with rig.temporary_home() as home:
                done += importlib.import_module(topic).results(home)
        except Exception:  # noqa: BLE001  one topic must not take the others with it
            traceback.print_exc()
            broken.append(topic)
    print("\n".join(lines(done)))
    if asked.json:
        asked.json.write_text(json.dumps([result.to_json() for result in done], indent=1), encoding="utf-8")
    for topic in broken:
        print(f"could not run: {topic}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
