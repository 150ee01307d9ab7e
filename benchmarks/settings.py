"""How large, how often: the whole run, or the small one that only proves that everything works."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from benchmarks.make import Shape


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes and numbers of rounds. Versions in a registry, where not said otherwise."""

    rounds: int = 9
    gto_rounds: int = 2
    reading: tuple[Shape, ...] = (Shape(1, 10), Shape(100, 10), Shape(1000, 10), Shape(1, 10_000))
    gto_largest: int = 10_000
    """`gto` is not asked above this many versions."""
    trees: tuple[Shape, Shape] = (Shape(1000, 5), Shape(1000, 50))
    """10 000 and 100 000 files."""
    gto_assign: Shape = field(default_factory=lambda: Shape(100, 10))
    scale: tuple[Shape, Shape] = (Shape(100, 10), Shape(1000, 100))
    checked: tuple[Shape, ...] = (Shape(100, 10), Shape(1000, 10), Shape(1000, 100))
    resolved: Shape = field(default_factory=lambda: Shape(100, 10))
    checkout: Shape = field(default_factory=lambda: Shape(1000, 5))
    bytes_of_artifact: tuple[int, ...] = (256 << 20, 1 << 30)
    with_gto: bool = True
    with_mlflow: bool = False

    def small(self) -> Settings:
        """The smallest run that goes through everything, in seconds."""
        tiny, less = Shape(8, 5), Shape(9, 10)
        return replace(
            self,
            rounds=1,
            gto_rounds=1,
            reading=(tiny,),
            trees=(tiny, less),
            gto_assign=tiny,
            scale=(tiny, less),
            checked=(tiny,),
            resolved=tiny,
            checkout=tiny,
            bytes_of_artifact=(1 << 20,),
        )
