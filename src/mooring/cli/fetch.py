"""`mooring fetch`: download the verified files of a version."""

from __future__ import annotations

from pathlib import Path

import click

from mooring.cli.options import json_option, pass_session, reading_options
from mooring.cli.session import Session
from mooring.domain.references import parse_reference


@click.command("fetch")
@click.argument("reference", metavar="MODEL@REF")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Copy the files into this new folder."
)
@click.option(
    "--force", is_flag=True, help="Replace what --out holds, if it is nothing but files of this version."
)
@json_option
@reading_options
@pass_session
def command(session: Session, *, reference: str, out: Path | None, force: bool, as_json: bool) -> int:
    """Download the files of a version, verify each against its manifest, and print where they are.

    Without --out they stay in the cache, which the Python API and serving processes share; with it they are copied.
    Files that are in the cache already are verified again and not downloaded.
    """
    from mooring import wiring
    from mooring.cli.progress import progress
    from mooring.stores.artifacts import ArtifactCache
    from mooring.stores.materialise import materialise
    from mooring.usecases.load import fetch

    hub = session.hub()
    resolution = hub.registry(session.commit()).resolve(parse_reference(reference), now=session.now_ms / 1000)
    cache = ArtifactCache(wiring.cache_directory(session.environ) / "artifacts")
    with progress(session) as told:
        done = fetch(hub, resolution, cache=cache, progress=told)
    for warning in resolution.warnings:
        session.output.warning(warning)
    files = dict(done.files)
    if out is not None:
        materialise(done.manifest.artifact, done.files, out, force=force)
        files = {path: out / path for path in files}
    if as_json:
        session.output.json(
            {
                "schema": "mooring/fetch/v1",
                "model": resolution.model,
                "version": resolution.version,
                "manifest": resolution.manifest,
                "digest": done.manifest.artifact.digest,
                "files": [
                    {
                        "path": file.path,
                        "role": file.role,
                        "format": file.format,
                        "size": file.size,
                        "sha256": file.sha256,
                        "local": str(files[file.path]),
                    }
                    for file in done.manifest.artifact.files
                ],
            }
        )
        return 0
    session.output.note(f"{resolution.ref}: {len(files)} file(s), verified")
    for path in sorted(files):
        session.output.text(str(files[path]))
    return 0
