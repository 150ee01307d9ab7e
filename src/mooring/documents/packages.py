"""What the packaging world writes in one line: requirements (PEP 508) and licences (SPDX, as PEP 639 has it)."""

from __future__ import annotations


def requirement_problem(line: str) -> str | None:
    """Why `line` names no package as `scikit-learn==1.5.2` does, or None when it does."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(line)
    except InvalidRequirement as error:
        first = str(error).partition("\n")[0]
        return f"{first[:1].lower()}{first[1:]}"
    return None


def license_problem(expression: str) -> str | None:
    """Why `expression` names no licence as `Apache-2.0` or `MIT OR CC-BY-4.0` does, or None when it does."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        canonicalize_license_expression(expression)
    except InvalidLicenseExpression as error:
        return f"{str(error)[:1].lower()}{str(error)[1:]}"
    return None
