"""The canonical text of a kind of document: one layout, keys in the order of the type's fields, comments kept."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from mooring.documents import codec
from mooring.documents.yaml_layout import Order, arrange
from mooring.domain.document import Document


def layout_of(path: str) -> type[Document] | None:
    """The kind of document at `path` whose text has a canonical layout: all that are YAML."""
    return codec.kind_of(path) if path.endswith(".yaml") else None


def canonical(kind: type[Document], data: bytes) -> bytes:
    """The canonical text of a document; it need not be valid, only strict YAML.

    Laws: it says the same, all comments are in it, and its own canonical text is itself; what `codec.encode` writes is
    canonical. Raises YamlProblem.
    """
    return arrange(data, key_order(kind))


@cache
def key_order(kind: type[BaseModel]) -> Order:
    """The order of the fields of a type, and of the types inside it."""
    return Order(
        {field.alias or name: _order_of(field.annotation) for name, field in kind.model_fields.items()}
    )


def _order_of(annotation: Any) -> Order | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return key_order(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _order_of(arguments[0])
    if origin in (Union, types.UnionType):
        return _joined([order for one in arguments if (order := _order_of(one)) is not None])
    if not isinstance(origin, type) or not arguments:
        return None
    if issubclass(origin, Mapping):
        inner = _order_of(arguments[-1])
        return None if inner is None else Order(values=inner)
    if issubclass(origin, Sequence):
        inner = _order_of(arguments[0])
        return None if inner is None else Order(items=inner)
    return None


def _joined(orders: Sequence[Order]) -> Order | None:
    """The order for a place where values of several types may stand."""
    if len(orders) < 2:
        return orders[0] if orders else None
    keys = {key: inner for order in orders for key, inner in order.keys.items()}
    items = [order.items for order in orders if order.items is not None]
    values = [order.values for order in orders if order.values is not None]
    return Order(keys, _joined(items), _joined(values))
