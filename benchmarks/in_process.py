"""`Registry.resolve` in a serving process while nothing moves, against MLflow's alias look-up on SQLite."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.make import Workshop, thousands
from benchmarks.measure import TIMED, Table, Timing, output, repeated
from benchmarks.settings import Settings
from mooring.api.registry import Registry

_MLFLOW = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
name = "model"
try:
    client.create_registered_model(name)
    for number in range(10):
        client.create_model_version(name, f"file:///nowhere/{number}")
    client.set_registered_model_alias(name, "production", "9")
except Exception:
    pass
for _ in range(50):
    client.get_model_version_by_alias(name, "production")
taken = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    for _ in range(100):
        client.get_model_version_by_alias(name, "production")
    taken.append((time.perf_counter() - start) / 100)
print(json.dumps(taken))
"""


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """One table; MLflow is in it where it was asked for."""
    shape = settings.resolved
    place = workshop.copy(workshop.registry(shape), "in-process.git")
    reference = f"{shape.model(shape.models // 2)}@production"
    with Registry.open(place) as registry:
        plain = repeated(lambda: registry.resolve(reference))
        keyed = repeated(lambda: registry.resolve(reference, key="user-17"))
        mlflow = _mlflow(workshop) if settings.with_mlflow else None
        taken: dict[str, list[float]] = {"plain": [], "keyed": [], "mlflow": []}
        for _ in range(settings.rounds):
            taken["plain"].append(plain())
            taken["keyed"].append(keyed())
            if mlflow is not None:
                taken["mlflow"] += mlflow(1)
    timings = {name: Timing(name, tuple(seconds)) for name, seconds in taken.items() if seconds}
    table = Table(f"Resolving in process, pointer unchanged ({thousands(shape.total)} versions)", TIMED)
    ours = timings["plain"]
    table.timing("`Registry.resolve('m@production')`", ours, None)
    table.timing("`Registry.resolve('m@production', key=user)`", timings["keyed"], ours)
    if mlflow is not None:
        table.timing("MLflow `get_model_version_by_alias`, SQLite", timings["mlflow"], ours, "≥ 50")
    table.notes.append("Each call looks whether main moved; it does not ask the remote.")
    yield table


def _mlflow(workshop: Workshop) -> Callable[[int], list[float]]:
    """A function that measures MLflow in an environment of its own, made once and kept."""
    venv = workshop.folder / "mlflow-venv"
    python = venv / "bin" / "python"
    if not (venv / "ready").exists():
        print("installing mlflow-skinny and sqlalchemy into a throw-away environment ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        packages = ["mlflow-skinny", "sqlalchemy", "alembic"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        (venv / "ready").touch()
    database = workshop.folder / "mlflow.sqlite3"
    script = workshop.folder / "mlflow_alias.py"
    script.write_text(_MLFLOW, encoding="utf-8")
    uri = f"sqlite:///{database}"

    def measure(rounds: int) -> list[float]:
        argv = [str(python), str(script), uri, str(rounds)]
        last = output(argv, cwd=Path(workshop.folder), env=dict(workshop.environ)).splitlines()[-1]
        return [float(seconds) for seconds in json.loads(last)]

    return measure
