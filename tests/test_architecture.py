"""The house's rules: floors, no circles, light imports, short files, a documented public face, a README that runs."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import syntagma

PACKAGE = Path(syntagma.__file__).parent
FLOORS = (
    ("errors",),
    ("atomic",),
    ("markup",),
    ("drawings",),
    ("text",),
    ("structures",),
    ("scorers",),
    ("encoders",),
    ("models",),
    ("language_models",),
    ("learning",),
    ("recipes",),
    ("pipeline",),
    ("cli",),
    ("syntagma", "__main__"),
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
OPTIONAL = {"transformers", "tokenizers", "gguf", "numba", "triton"}
COMPILED = {
    "syntagma.structures.kernels.cpu.": "numba",
    "syntagma.structures.kernels.cuda.": "triton",
    "syntagma.language_models.weights.cpu.": "numba",
    "syntagma.language_models.fused.cpu.": "numba",
}
LONGEST_FILE = 500
LONGEST_FUNCTION = 50


def module_files() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    files = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


FILES = module_files()


def room(module: str) -> str:
    """The room a module is in: `syntagma.text.view` is in `text`."""
    return module.split(".")[1] if "." in module else module


def imported_modules(module: str, *, at_import_only: bool) -> set[str]:
    """The package's modules that one imports; `at_import_only` leaves out those inside functions and TYPE_CHECKING."""
    found: set[str] = set()
    queue: list[ast.AST] = [ast.parse(FILES[module].read_text(encoding="utf-8"))]
    while queue:
        node = queue.pop()
        if at_import_only and is_deferred(node):
            continue
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{FILES[module]}:{node.lineno}: relative import; write the full name"
            found.update(
                f"{node.module}.{name.name}" if f"{node.module}.{name.name}" in FILES else str(node.module)
                for name in node.names
            )
        queue.extend(ast.iter_child_nodes(node))
    return {name for name in found if name in FILES and name != module}


def is_deferred(node: ast.AST) -> bool:
    """A body that does not run when the module is imported."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


@pytest.mark.parametrize("module", FILES)
def test_a_room_imports_only_from_rooms_below_it(module: str) -> None:
    height = FLOOR[room(module)]
    wrong = {
        other
        for other in imported_modules(module, at_import_only=False)
        if room(other) != room(module) and FLOOR[room(other)] >= height
    }
    assert not wrong, f"{module} imports {sorted(wrong)} from its own floor or a higher one"


def test_no_modules_import_one_another_in_a_circle() -> None:
    imports = {module: imported_modules(module, at_import_only=True) for module in FILES}
    while free := [module for module, others in imports.items() if not others]:
        for module in free:
            del imports[module]
        for others in imports.values():
            others.difference_update(free)
    assert not imports, f"in or above a circle of imports: {imports}"


def compiler(module: str) -> str | None:
    """The library that a module of compiled kernels is written with; they may import it, for only they need it."""
    return next((library for folder, library in COMPILED.items() if module.startswith(folder)), None)


@pytest.mark.parametrize("module", FILES)
def test_every_module_imports(module: str) -> None:
    if library := compiler(module):
        pytest.importorskip(library, reason=f"{library} is not installed")
    if module != "syntagma.__main__":
        importlib.import_module(module)


@pytest.mark.parametrize("module", FILES)
def test_files_and_functions_are_short(module: str) -> None:
    text = FILES[module].read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE, f"{module} is probably two concepts"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
            assert length <= LONGEST_FUNCTION, f"{module}.{node.name} has {length} lines"


def test_test_files_are_short() -> None:
    for path in Path(__file__).parent.rglob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_FILE, f"{path} is probably two concepts"


def modules_after(statement: str) -> set[str]:
    """The top-level modules in memory after a statement has run in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in result.stdout.split()}


@pytest.mark.parametrize("statement", ["import syntagma", "import syntagma.text, syntagma.errors, syntagma.atomic"])
def test_light_imports_stay_light(statement: str) -> None:
    assert not modules_after(statement) & {"torch", "numpy.testing", "pydantic", "typer", *OPTIONAL}


def test_text_is_read_without_torch() -> None:
    modules = [module for module in FILES if room(module) == "text"]
    assert "torch" not in modules_after("import " + ", ".join(modules))


def test_no_module_needs_an_extra_to_be_imported() -> None:
    modules = [module for module in FILES if module != "syntagma.__main__" and not compiler(module)]
    assert not modules_after("import " + ", ".join(modules)) & OPTIONAL


def test_every_public_name_exists_and_is_documented() -> None:
    for name in syntagma.__all__:
        value = getattr(syntagma, name)
        if inspect.isclass(value) or callable(value):
            assert inspect.getdoc(value), f"syntagma.{name} has no docstring"


def test_every_folder_is_a_package() -> None:
    folders = {path.parent for path in FILES.values()}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]
