"""One document of each kind that says everything it may say, by the name of its kind.

A field that is added to a document is added here: a test of promise 14 names those that are missing.
"""

from __future__ import annotations

import base64

from pydantic import ValidationError

from mooring.domain.digests import artifact_digest
from mooring.domain.model import ArtifactFile

ID = "01JB2Q8ZK3T5AAAAAAAAAAAAAA"
TIME = "2026-06-02T15:30:00.000Z"
SIGNED = base64.encodebytes(
    b"SSHSIG\x00\x00\x00\x01\x00\x00\x00\x01k\x00\x00\x00\x15mooring-model-version"
).decode()
DIGEST = "sha256:" + "a1" * 32
ROLLOUT = {
    "strategy": "canary",
    "steps": [{"weight": 5, "hold": "2h"}, {"weight": 100}],
    "weights": {},
    "abort_on": ["error_rate > 0.5%"],
    "window": "1d",
}
FILES = [{"path": "a/model.skops", "role": "model", "format": "skops", "size": 3, "sha256": "b2" * 32}]
# One document of each kind that says everything it may say.
SAMPLES: dict[str, dict[str, object]] = {
    "registry": {
        "apiVersion": "mooring/v1",
        "kind": "Registry",
        "name": "Ours",
        "branch": "main",
        "registration": "direct",
        "automation": ["bot@example.com"],
        "people": {"alex@example.com": "alex"},
    },
    "model": {
        "apiVersion": "mooring/v1",
        "kind": "Model",
        "name": "team/spam",
        "description": "A model\nin lines",
        "owners": ["Alex"],
        "task": "classification",
        "versioning": "calver",
        "metrics": {"f1_score": {"direction": "higher", "unit": "%", "tolerance": 0.1, "required": True}},
        "license": "Apache-2.0",
        "labels": {"tier": "gold"},
    },
    "manifest": {
        "apiVersion": "mooring/v1",
        "kind": "ModelVersion",
        "model": "iris",
        "version": "1.2.0",
        "created_at": TIME,
        "author": "Alex Turner <alex.turner@example.com>",
        "description": "Words",
        "changelog": "More",
        "breaking": False,
        "framework": {"name": "scikit-learn", "version": "1.5.2"},
        "algorithm": "RandomForestClassifier",
        "hyperparameters": {},
        "artifact": {
            "files": FILES,
            "digest": "",
            "dvc": {"md5": "3863" * 8 + ".dir", "size": 3, "nfiles": 1},
            "allow_unsafe_format": False,
        },
        "training": {
            "data": [
                {
                    "name": "iris",
                    "uri": "s3://x",
                    "version": "v1",
                    "digest": DIGEST,
                    "rows": 150,
                    "features": 4,
                    "collected_at": "1936",
                }
            ],
            "code": {
                "repository": "https://example.com",
                "commit": "c3" * 20,
                "path": "train.py",
                "dirty": False,
            },
            "features": {"pipeline_commit": "d4" * 20, "feature_store_version": "7"},
            "preprocessing_version": "1.2.3",
            "started_at": TIME,
            "duration": "3h24m",
            "resources": {"gpu": "H100 x1"},
            "run": "42",
        },
        "requirements": {"python": "3.11", "packages": ["numpy==2"], "lock": DIGEST},
        "metrics": {"accuracy": 0.97, "latency_ms": 2},
        "interface": {"input": {"type": "object"}, "output": {"type": "array"}},
        "lineage": {"parents": ["base@2.0.0"]},
        "requires": [{"model": "encoder", "at_least": "1.2.0", "below": "2.0.0"}, {"model": "nlp/words"}],
        "limitations": ["Flowers only."],
        "labels": {"tier": "gold"},
    },
    "status": {
        "apiVersion": "mooring/v1",
        "kind": "VersionStatus",
        "model": "iris",
        "version": "2024.01.15.prod",
        "state": "quarantined",
        "reason": "Wrong",
        "by": "Alex",
        "at": TIME,
        "environments": ["production"],
        "severity": "block",
        "evidence": "https://example.com",
        "promotion": ID,
        "expires": TIME,
    },
    "waivers": {
        "apiVersion": "mooring/v1",
        "kind": "Waivers",
        "waivers": [{"rule": "a-rule", "path": "x", "reason": "y", "approved_by": "z", "expires": TIME}],
    },
    "environment": {
        "apiVersion": "mooring/v1",
        "kind": "Environment",
        "name": "production",
        "description": "Where it counts",
        "promotes_from": ["staging"],
        "approvals": {"required": 1, "principals": ["alex"]},
        "rollback": "direct",
        "gates": [
            {"metric": "accuracy", "min": 0.95, "max": 1},
            {"metric": "accuracy", "against": "live", "tolerance": 0.005},
            {"metric": "accuracy", "against": "base@1.0.0", "models": ["iris"]},
            {"soak": {"in": "staging", "for": "24h"}},
            {"check": "load-test", "by": ["ci@example.com"]},
            {"parents": "live"},
            {"signature": "required", "by": ["kim@example.com"]},
            {"scan": "required"},
        ],
        "freeze": [
            {"name": "xmas", "from": TIME, "to": "2026-06-03T15:30:00.000Z", "reason": "Rest"},
            {
                "name": "weekend",
                "rrule": "FREQ=WEEKLY;BYDAY=FR;BYHOUR=17",
                "for": "62h",
                "timezone": "Europe/Berlin",
                "reason": "Rest",
            },
        ],
        "rollout": ROLLOUT,
        "requires": ["owners", "metrics"],
        "card_sections": ["Intended use"],
        "signed": True,
        "signers": ["kim@example.com"],
        "unsafe_formats": ["joblib"],
        "retention": "400d",
        "recorders": ["argo"],
    },
    "pointer": {
        "apiVersion": "mooring/v1",
        "kind": "Pointer",
        "version": "1.2.0",
        "manifest": DIGEST,
        "promotion": ID,
        "replaces": None,
        "reason": "Better",
        "requested_by": "Alex",
        "override": {"promotion": ID, "reason": "Fixed"},
        "rollout": ROLLOUT,
    },
    "signature": {
        "apiVersion": "mooring/v1",
        "kind": "VersionSignature",
        "model": "iris",
        "version": "1.2.0",
        "manifest": DIGEST,
        "artifact": DIGEST,
        "signatures": [
            {
                "principal": "alex@example.com",
                "namespace": "mooring-model-version",
                "signature": f"-----BEGIN SSH SIGNATURE-----\n{SIGNED}-----END SSH SIGNATURE-----\n",
            }
        ],
    },
}


def with_right_digest(value: dict[str, object]) -> dict[str, object]:
    """A manifest whose artifact digest is that of its files, as far as they still are some."""
    artifact = value.get("artifact")
    if isinstance(artifact, dict) and isinstance(artifact.get("files"), list):
        try:
            files = [ArtifactFile.model_validate(one) for one in artifact["files"]]
            artifact["digest"] = artifact_digest(files, value.get("hyperparameters", {}))  # type: ignore[arg-type]
        except (ValidationError, ValueError, AttributeError, TypeError):
            pass
    return value
