"""The architecture as data, and the reader that finds where a source file departs from it."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_LIMIT = 350


@dataclass(frozen=True)
class Layer:
    """What one part of the package may import: other parts, and packages that are not ours."""

    parts: frozenset[str]
    packages: frozenset[str]
    # Only inside functions, because importing them costs what a fast path cannot pay or may not be installed.
    late: frozenset[str]


def _layer(parts: str = "", packages: str = "", late: str = "") -> Layer:
    return Layer(frozenset(parts.split()), frozenset(packages.split()), frozenset(late.split()))


_INNER = "domain documents rules gates render stores templates usecases"

# The one table of who may import whom; a part may always import itself and errors.
LAYERS = {
    "errors": _layer(),
    "domain": _layer(
        "", "pydantic pydantic_core semver rfc8785 jsonschema_rs jsonschema referencing ulid", "dateutil"
    ),
    "documents": _layer("domain", "yaml pydantic pydantic_core jsonschema referencing", "packaging"),
    "rules": _layer("domain documents"),
    "gates": _layer("domain documents"),
    "render": _layer("domain documents"),
    "stores": _layer(
        "domain documents", "git gitdb", "dvc dvc_data dvc_objects apprise fsspec httpx2 picklescan"
    ),
    # Files that `mooring init` writes; the package is only their address.
    "templates": _layer(),
    "usecases": _layer("domain documents rules gates render stores templates", "ulid"),
    "wiring": _layer(_INNER),
    "cli": _layer(f"{_INNER} wiring api", "click", "rich"),
    "api": _layer(f"{_INNER} wiring", "", "numpy skops onnxruntime joblib safetensors"),
    # The package's front door gives out names of the library; the command line starts in __main__.
    "__init__": _layer("domain wiring api"),
    "__main__": _layer(f"{_INNER} wiring cli api", "", "click"),
}

TERMINAL = frozenset({"cli", "__main__"})
# A library call has no command above it: there the outermost layer asks the time for its caller.
CLOCK = TERMINAL | {"api"}
ENVIRONMENT = frozenset({"wiring"})
ANY = frozenset({"documents"})
DVC = PurePosixPath("stores/dvc.py")

CLOCK_CALLS = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "time.ctime",
        "time.gmtime",
        "time.localtime",
        "time.time",
        "time.time_ns",
    }
)
ENVIRONMENT_NAMES = frozenset(
    {
        "os.environ",
        "os.environb",
        "os.getenv",
        "os.getenvb",
        "os.path.expanduser",
        "os.putenv",
        "os.unsetenv",
        "pathlib.Path.home",
    }
)
TERMINAL_CALLS = frozenset({"builtins.exit", "builtins.print", "builtins.quit", "os._exit", "sys.exit"})
TERMINAL_NAMES = frozenset({"builtins.SystemExit", "sys.stderr", "sys.stdin", "sys.stdout"})


@dataclass(frozen=True)
class Fault:
    """One place where a file departs from the architecture."""

    path: PurePosixPath
    line: int
    text: str

    def __str__(self) -> str:
        return f"src/mooring/{self.path}:{self.line}: {self.text}"


def part_of(path: PurePosixPath) -> str:
    """Name the part that a file of the package belongs to: `domain/names.py` and `domain.py` are "domain"."""
    return path.parts[0].removesuffix(".py")


def faults_in(path: PurePosixPath, source: str) -> list[Fault]:
    """Find everything in one file of src/mooring that the architecture forbids; `path` is relative to it."""
    reader = _Reader(path)
    reader.visit(ast.parse(source))
    faults = [Fault(path, line, text) for line, text in sorted(reader.faults)]
    lines = source.count("\n")
    if lines > FILE_LIMIT:
        faults.append(
            Fault(path, lines, f"{lines} lines; a file has at most {FILE_LIMIT} and one reason to change")
        )
    return faults


class _Reader(ast.NodeVisitor):
    """Walks one file; knows what each name was imported as, and whether it stands inside a function."""

    def __init__(self, path: PurePosixPath) -> None:
        self.path = path
        self.part = part_of(path)
        self.layer = LAYERS.get(self.part)
        self.faults: set[tuple[int, str]] = set()
        self.meaning: dict[str, str] = {}
        self.scopes: list[ast.AST] = []
        self.checking_types = False
        if self.layer is None:
            self.faults.add(
                (1, f"{self.part} is in no layer: add it to LAYERS in tests/meta/architecture.py")
            )

    def report(self, node: ast.AST, text: str) -> None:
        self.faults.add((getattr(node, "lineno", 1), text))

    @property
    def inside_function(self) -> bool:
        return any(
            isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) for scope in self.scopes
        )

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.check_import(node, alias.name)
            bound = alias.name if alias.asname else alias.name.partition(".")[0]
            self.meaning[alias.asname or bound] = bound

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self.absolute(node)
        for alias in node.names:
            # `from mooring import rules` imports a part although the module's name is only the package's.
            self.check_import(node, f"{module}.{alias.name}" if module == "mooring" else module)
            self.meaning[alias.asname or alias.name] = f"{module}.{alias.name}"
            self.check_name(node, f"{module}.{alias.name}")

    def absolute(self, node: ast.ImportFrom) -> str:
        if node.level == 0:
            return node.module or ""
        package = ("mooring", *self.path.parent.parts)
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *filter(None, [node.module])])

    def check_import(self, node: ast.AST, module: str) -> None:
        if self.layer is None:
            return
        top, _, rest = module.partition(".")
        if top == "mooring":
            part = rest.partition(".")[0] or "__init__"
            if part not in {"errors", self.part, "__version__"} and part not in self.layer.parts:
                self.report(node, f"{self.part} may not import {part}")
        elif top in sys.stdlib_module_names:
            return
        elif top == "dvc" and self.path != DVC:
            self.report(node, f"only {DVC} may import dvc")
        elif top in self.layer.late:
            if not self.inside_function and not self.checking_types:
                self.report(node, f"{top} is imported only inside functions here")
        elif top not in self.layer.packages:
            self.report(node, f"{self.part} may not import the package {top}")

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        outside = self.checking_types
        self.checking_types = ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for statement in node.body:
            self.visit(statement)
        self.checking_types = outside
        for statement in node.orelse:
            self.visit(statement)

    def visit_Module(self, node: ast.Module) -> None:
        if node.body:
            self.check_docstring(node, "the module")
        self.enter(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.check_docstring(node, f"class {node.name}")
        self.enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.check_docstring(node, f"function {node.name}")
        self.enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.check_docstring(node, f"function {node.name}")
        self.enter(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.enter(node)

    def enter(self, node: ast.AST) -> None:
        self.scopes.append(node)
        self.generic_visit(node)
        self.scopes.pop()

    def check_docstring(
        self, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, what: str
    ) -> None:
        if isinstance(node, ast.Module):
            documented = ast.get_docstring(node)
        else:
            names = [scope.name for scope in self.scopes if isinstance(scope, ast.ClassDef)] + [node.name]
            overload = any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)
            if self.inside_function or overload or any(name.startswith("_") for name in names):
                return
            documented = ast.get_docstring(node)
        if not documented:
            self.report(node, f"{what} has no docstring")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.check_name(node, self.resolve(node))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.check_name(node, self.resolve(node))

    def visit_Call(self, node: ast.Call) -> None:
        called = self.resolve(node.func)
        if called in CLOCK_CALLS and self.part not in CLOCK:
            self.report(node, f"{called}: only cli and api ask the time; take `now` as a value")
        if called in TERMINAL_CALLS and self.part not in TERMINAL:
            self.report(node, f"{called}: only cli prints and exits")
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "expanduser"
            and self.part not in ENVIRONMENT
        ):
            self.report(node, "expanduser: only wiring reads the environment")
        self.generic_visit(node)

    def check_name(self, node: ast.AST, name: str) -> None:
        if name in ENVIRONMENT_NAMES and self.part not in ENVIRONMENT:
            self.report(node, f"{name}: only wiring reads the environment")
        if name in TERMINAL_NAMES and self.part not in TERMINAL:
            self.report(node, f"{name}: only cli talks to the terminal and exits")
        if name in {"typing.Any", "typing_extensions.Any"} and self.part not in ANY:
            self.report(node, "Any: only documents may meet untyped data")

    def resolve(self, node: ast.AST) -> str:
        """Spell a dotted name by what its first word was imported as; "" for anything else."""
        if isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        if isinstance(node, ast.Name):
            return self.meaning.get(node.id, f"builtins.{node.id}")
        return ""


def machine_words(text: str, own: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every path in `text` that exists only on one machine: in a home directory, or one of `own`."""
    yield from (match[0] for match in re.finditer(r"(?<![\w.~/-])/(?:home|root|Users)/[\w.-]+", text))
    for word in own:
        if re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", text):
            yield word
