"""What every document of the registry has in common."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, WithJsonSchema, model_validator

API_VERSION = "mooring/v1"

ApiVersion = Annotated[Literal["mooring/v1"], Field(alias="apiVersion")]
FiniteNumber = Annotated[float, Field(allow_inf_nan=False), WithJsonSchema({"type": "number"})]
JsonObject = dict[str, JsonValue]


class Part(BaseModel):
    """A frozen piece of a document: unknown keys are refused, nothing is converted."""

    # Built when first used: most commands read two or three kinds of document out of seven.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,
    )


class Document(Part):
    """A whole file. Subclasses fix `kind`; the order of the fields is the order in which they are written."""

    api_version: ApiVersion = "mooring/v1"

    @model_validator(mode="after")
    def _says_what_it_is(self, info: ValidationInfo) -> Self:
        """A file must say itself what it is: other readers, and later versions of this one, have nothing else."""
        if info.mode == "json":
            for name, key in (("api_version", "apiVersion"), ("kind", "kind")):
                if name not in self.model_fields_set:
                    raise ValueError(f"the key '{key}' is missing; write: {key}: {getattr(self, name)}")
        return self
