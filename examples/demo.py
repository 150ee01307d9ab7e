"""The whole story on real models: train, register, promote, approve, serve, go wrong, roll back, ask who and why.

    ./dev demo [--folder FOLDER]

It needs no server, no account and no network. Everything happens in one folder that is made anew by each run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from examples.stage import Serving, Stage, SurpriseError, say  # noqa: E402 - the checkout must be importable first
from examples.training.__main__ import VARIANTS  # noqa: E402
from examples.training.train import train  # noqa: E402

IRIS = "iris-classifier"
VIRGINICA = [6.7, 3.0, 5.2, 2.3]
TREES = "sklearn.tree._tree.Tree"
MODELS = (
    f"{IRIS}@1.0.0",
    f"{IRIS}@1.1.0",
    f"{IRIS}@1.2.1",
    f"{IRIS}@2.0.0",
    "digits-classifier@1.0.0",
    "breast-cancer-classifier@1.0.0",
)
PEOPLE = {"ada": "Ada Lovelace", "grace": "Grace Hopper"}


def environment(folder: Path) -> dict[str, str]:
    """A machine of its own: nobody's Git configuration, nobody's cache."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MOORING_", "DVC_"))
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {
        "PATH": path,
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home" / ".cache"),
        "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(folder / "home" / "gitconfig"),
        "PYTHONPATH": str(HERE.parent),
        "PYTHONWARNINGS": "ignore",
        # What a person sees at a terminal, where this runs in one.
        **(
            {"FORCE_COLOR": "1", "COLUMNS": "110"} if sys.stdout.isatty() and not kept.get("NO_COLOR") else {}
        ),
    }


def trained(stage: Stage) -> None:
    """Act 1."""
    stage.step(
        "Train",
        "Real models from the data sets that ship with scikit-learn. Metrics are measured on rows that were set aside.",
    )
    for ref in MODELS:
        variant = VARIANTS[ref]
        metrics = train(variant, stage.folder / "trained" / variant.model / variant.version)
        print(f"  {ref:32} accuracy {metrics['accuracy']:.3f}   {variant.changelog}", flush=True)


def started(stage: Stage) -> None:
    """Act 2."""
    stage.step(
        "Start a registry",
        "A Git repository, a bare remote that refuses what was not approved, and a folder that DVC stores bytes in. "
        "Ada asks for changes, Grace approves them: each has an SSH key.",
    )
    (stage.folder / "home" / "gitconfig").write_text("[init]\n\tdefaultBranch = main\n")
    for who in PEOPLE:
        key = stage.folder / "home" / f"{who}.key"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(key)],
            check=True,
            capture_output=True,
        )
    identify(stage, "ada", as_global=True)
    signers = [
        word
        for who in PEOPLE
        for word in ("--signer", f"{who}@example.com={stage.folder}/home/{who}.key.pub")
    ]
    stage.run(
        "mooring",
        "init",
        "ada",
        "--name",
        "demo",
        "--remote",
        "registry.git",
        "--storage",
        "storage",
        *signers,
    )
    stage.run("git", "clone", "--quiet", "registry.git", "grace", show=False)
    identify(stage, "ada")
    identify(stage, "grace")
    say("The policy that every change of production is judged by:")
    stage.run("cat", "environments/production.yaml", where="ada")


def identify(stage: Stage, who: str, *, as_global: bool = False) -> None:
    """Tell Git who works in a clone."""
    scope = ["--global"] if as_global else []
    for key, value in {
        "user.name": PEOPLE[who],
        "user.email": f"{who}@example.com",
        "user.signingkey": f"{stage.folder}/home/{who}.key",
        "gpg.format": "ssh",
    }.items():
        stage.run("git", "config", *scope, key, value, where="." if as_global else who, show=False)


def register(stage: Stage, ref: str, *options: str, ends: int = 0, show: bool = True) -> str:
    """Register what was trained, with what its training wrote down."""
    model, _, version = ref.partition("@")
    files = f"../trained/{model}/{version}"
    return stage.run(
        *("mooring", "register", model, f"{files}/artifact", "--from", f"{files}/about.json"),
        *("--metrics", f"{files}/metrics.json", "--hyperparameters", f"{files}/hyperparameters.yaml"),
        *("--interface", f"{files}/interface.json", "--training", f"{files}/training.json"),
        *(options or ("--version", version, "--merge")),
        where="ada",
        ends=ends,
        show=show,
    )


def promote(stage: Stage, ref: str, environment: str, reason: str, *, show: bool = True) -> None:
    """Ada proposes, Grace approves where the policy asks for it, Ada merges."""
    model, _, version = ref.partition("@")
    branch = f"promote/{environment}/{model}/{version}"
    stage.run("mooring", "promote", ref, "--to", environment, "--reason", reason, where="ada", show=show)
    if environment == "production":
        stage.run("mooring", "approve", branch, where="grace", show=show)
    stage.run("mooring", "merge", branch, where="ada", show=show)


def first_promotion(stage: Stage) -> None:
    """Acts 3 and 4."""
    stage.step(
        "Register versions",
        "Everything is judged before anything is uploaded; then DVC stores the bytes, Mooring reads them back from the "
        "remote, and an immutable manifest lands on main.",
    )
    register(stage, f"{IRIS}@1.0.0")
    for ref in ("digits-classifier@1.0.0", "breast-cancer-classifier@1.0.0"):
        register(stage, ref, show=False)
    stage.run("mooring", "list", "--fetch", where="ada")

    stage.step(
        "Promote through review",
        "A promotion is a proposal: a branch with one commit that changes one small pointer file. Production promotes "
        "from staging, and wants one approval that is not the requester's.",
    )
    promote(stage, f"{IRIS}@1.0.0", "staging", "first version")
    stage.run(
        "mooring", "promote", f"{IRIS}@1.0.0", "--to", "production", "--reason", "first version", where="ada"
    )
    say("Nobody has approved it yet, so it is not merged (exit 4: pending):")
    stage.run("mooring", "merge", IRIS, "--to", "production", where="ada", ends=4)
    say(
        "Ada cannot approve her own request. Grace can; her signature is on the very pointer that is proposed:"
    )
    stage.run("mooring", "approve", IRIS, "--to", "production", where="ada", ends=1)
    stage.run("mooring", "approve", IRIS, "--to", "production", where="grace")
    stage.run("mooring", "merge", IRIS, "--to", "production", where="ada")
    for ref in ("digits-classifier@1.0.0", "breast-cancer-classifier@1.0.0"):
        promote(stage, ref, "staging", "first version", show=False)
        promote(stage, ref, "production", "first version", show=False)
    stage.run("mooring", "status", "--fetch", where="ada")


def served(stage: Stage) -> Serving:
    """Acts 5 and 6."""
    stage.step(
        "Serve",
        "A serving process follows the pointer. It verifies every byte against the manifest before it opens it.",
    )
    address = (stage.folder / "registry.git").as_uri()
    serving = Serving.start(
        stage,
        *(sys.executable, "-m", "examples.serve", address, f"{IRIS}@production"),
        *("--interval", "0.2", "--trust", TREES),
    )
    print(f"  predict {VIRGINICA} -> {serving.predict(VIRGINICA)}")

    stage.step("Promote the next version", "The process reloads by itself when the pointer moves.")
    register(stage, f"{IRIS}@1.1.0")
    promote(stage, f"{IRIS}@1.1.0", "staging", "a forest")
    promote(stage, f"{IRIS}@1.1.0", "production", "a forest; CHG-1042")
    serving.wait_for("1.1.0", VIRGINICA)
    print(f"  predict {VIRGINICA} -> {serving.predict(VIRGINICA)}")
    return serving


def refused(stage: Stage) -> None:
    """Act 7."""
    stage.step(
        "An interface change is no minor step",
        "Ada renames the inputs and calls it 1.2.0. Callers would break, so the step must be a major one; with --bump "
        "auto Mooring works that out.",
    )
    register(stage, f"{IRIS}@2.0.0", "--version", "1.2.0", "--merge", ends=1)
    register(stage, f"{IRIS}@2.0.0", "--bump", "auto", "--dry-run")


def went_wrong(stage: Stage, serving: Serving) -> None:
    """Acts 8 and 9."""
    stage.step(
        "A bad version goes live",
        "Somebody shuffled the labels. Version 1.2.1 passes every rule, is approved in a hurry, and answers nonsense.",
    )
    register(stage, f"{IRIS}@1.2.1", show=False)
    promote(stage, f"{IRIS}@1.2.1", "staging", "retrained", show=False)
    promote(stage, f"{IRIS}@1.2.1", "production", "retrained, please hurry", show=False)
    serving.wait_for("1.2.1", VIRGINICA)
    print(f"  predict {VIRGINICA} -> {serving.predict(VIRGINICA)}")

    stage.step(
        "Roll back",
        "One command. It is a git revert of the promotion's commit; the policy lets the state directly before return "
        "at once.",
    )
    began = time.perf_counter()
    stage.run(
        "mooring", "rollback", IRIS, "--in", "production", "--reason", "accuracy fell; INC-7", where="ada"
    )
    ended = time.perf_counter() - began
    after = serving.wait_for("1.1.0", VIRGINICA)
    print(f"  predict {VIRGINICA} -> {serving.predict(VIRGINICA)}")
    print(f"  1.1.0 answers {after:.2f} s after the command ended ({ended + after:.2f} s after it was typed)")
    stage.run("git", "fetch", "--quiet", "origin", where="ada", show=False)
    stage.run("git", "log", "-1", "--stat", "--format=%an <%ae>%n%n%B", "origin/main", where="ada")

    stage.step(
        "It stays rolled back",
        "Asked twice, the second rollback changes nothing: a retry at 3 AM never brings the bad version back. Nor does "
        "a promotion that does not say why.",
    )
    stage.run(
        "mooring", "rollback", IRIS, "--in", "production", "--reason", "accuracy fell; INC-7", where="ada"
    )
    stage.run(
        *("mooring", "promote", f"{IRIS}@1.2.1", "--to", "production", "--reason", "try again"),
        where="ada",
        ends=1,
    )


def guarded(stage: Stage) -> None:
    """Act 10."""
    stage.step(
        "Nobody goes around it",
        "Ada edits the pointer by hand and pushes it to main. The remote's pre-receive hook judges the push by main's "
        "own rules and refuses it.",
    )
    stage.run("git", "pull", "--quiet", "--ff-only", where="ada", show=False)
    pointer = stage.folder / "ada" / "environments" / "production" / f"{IRIS}.yaml"
    older = stage.run("mooring", "show", f"{IRIS}@1.0.0", "--json", where="ada", show=False)
    pointer.write_text(hand_edited(pointer.read_text(), older))
    stage.run("git", "commit", "--quiet", "--all", "--message", "quick fix", where="ada")
    stage.run("git", "push", "origin", "HEAD:main", where="ada", ends=1)
    stage.run("git", "reset", "--quiet", "--hard", "origin/main", where="ada")


def hand_edited(pointer: str, shown: str) -> str:
    """The pointer as somebody would edit it who knows the format well."""
    import json
    import re

    digest = json.loads(shown)["digest"]
    text = re.sub(r"^version: .*$", 'version: "1.0.0"', pointer, flags=re.MULTILINE)
    text = re.sub(r"^manifest: .*$", f"manifest: {digest}", text, flags=re.MULTILINE)
    text = re.sub(r"^replaces: .*$", 'replaces: "1.1.0"', text, flags=re.MULTILINE)
    return re.sub(r"^promotion: .*$", "promotion: 01JZZZZZZZZZZZZZZZZZZZZZZZ", text, flags=re.MULTILINE)


def told(stage: Stage) -> None:
    """Act 11."""
    stage.step(
        "Who, what, when, why", "The answer is Git's own history of main; nobody can quietly rewrite it."
    )
    stage.run("mooring", "history", IRIS, "--env", "production", "--fetch", where="ada")
    stage.run("mooring", "check", "--all", where="ada")


def main() -> int:
    """Play the story; 0 when every command ended as it should."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--folder", type=Path, default=HERE.parent / ".demo", help="where it happens  [.demo]"
    )
    folder = parser.parse_args().folder.absolute()
    if folder.exists() and not (folder / "home" / "gitconfig").exists() and any(folder.iterdir()):
        parser.error(f"{folder} is not empty and is no earlier demo")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    stage = Stage(folder, environment(folder))
    began, serving = time.perf_counter(), None
    try:
        trained(stage)
        started(stage)
        first_promotion(stage)
        serving = served(stage)
        refused(stage)
        went_wrong(stage, serving)
        guarded(stage)
        told(stage)
    except SurpriseError as surprise:
        print(f"\nThe demo stopped: {surprise}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted; run it again at any time.", file=sys.stderr)
        return 130
    finally:
        if serving is not None:
            serving.stop()
    print(
        f"\nThat was all of it, in {time.perf_counter() - began:.0f} s. The registry is in {folder}. Try next:"
    )
    for line in (
        f"cd {folder}/ada",
        f"{Path(sys.executable).parent}/mooring history {IRIS}",
        f"{Path(sys.executable).parent}/mooring diff {IRIS}@1.0.0 {IRIS}@production",
        f"{Path(sys.executable).parent}/mooring explain insufficient-bump",
        "git log --first-parent --oneline -- environments/production",
    ):
        print(f"  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
