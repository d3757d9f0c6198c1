"""The shape of the package, read from its source: no circles, no step on a step, one mu."""

import ast
import re
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

import geo
from geo.faults import FAULTS

ROOT = Path(geo.__file__).parent
SOURCES = {
    ".".join(("geo", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
STEPS = {
    *("area", "readiness", "blocks", "balance", "reach", "floor", "seeking", "economics"),
    *("progress", "zones", "checks", "programmes"),
}
STORY = {"sources", "land", "measured", "surveyed", "ground", "counted", "study", "closure"}

modules = pytest.mark.parametrize("module", SOURCES)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


def imports_at_start(body: list[ast.stmt]) -> list[ast.stmt]:
    """Imports that run when the module does: none in functions or under TYPE_CHECKING."""
    found: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.append(statement)
        elif isinstance(statement, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(statement.test):
                found += imports_at_start(statement.body)
            found += imports_at_start(statement.orelse)
        elif isinstance(statement, ast.Try):
            found += imports_at_start(statement.body)
    return found


def imported(module: str, statements: list[ast.stmt]) -> set[str]:
    """The modules of the package that these imports run."""
    names = set()
    for statement in statements:
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{module}: relative import"
            whole = {f"{statement.module}.{alias.name}" for alias in statement.names}
            names |= {statement.module or ""} | (whole & SOURCES.keys())
    return {name for name in names if name in SOURCES}


def every_import(module: str) -> set[str]:
    nodes = [node for node in ast.walk(tree(module)) if isinstance(node, ast.stmt)]
    return imported(module, nodes)


def modules_of(step: str) -> set[str]:
    """The modules of a step, which may be a package."""
    return {name for name in SOURCES if f"{name}.".startswith(f"geo.{step}.")}


def imports_of(step: str) -> set[str]:
    """What a step imports besides itself."""
    own = modules_of(step)
    return set().union(*(every_import(module) for module in own)) - own


def strings(module: str) -> set[str]:
    constants = (node for node in ast.walk(tree(module)) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


def test_the_modules_are_found():
    assert {f"geo.{name}" for name in STEPS | STORY} <= SOURCES.keys()
    assert len(SOURCES) > 30


def test_no_import_runs_in_a_circle():
    graph = nx.DiGraph()
    for module in SOURCES:
        for name in imported(module, imports_at_start(tree(module).body)):
            graph.add_edge(module, name)
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize("step", sorted(STEPS))
def test_no_step_knows_another(step):
    assert imports_of(step) & set().union(*map(modules_of, STEPS)) == set()


@pytest.mark.parametrize("step", sorted(STEPS))
def test_no_step_knows_the_story(step):
    assert imports_of(step) & {f"geo.{name}" for name in STORY} == set()


@modules
def test_nobody_imports_the_face(module):
    if module != "geo":
        assert "geo" not in every_import(module)


@modules
def test_a_module_opens_with_a_sentence(module):
    words = ast.get_docstring(tree(module))
    assert words, f"{module} has no docstring"
    first = words.split("\n\n")[0].replace("\n", " ")
    assert re.search(r"[.:]$", first), first


@modules
def test_a_module_is_no_longer_than_a_folder_should_begin(module):
    lines = len(SOURCES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= 500


@modules
def test_the_size_of_a_mu_stands_once(module):
    """666.67 as a number, or as the quotient that makes it, is in units.py only."""

    def is_mu(node: ast.AST) -> bool:
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            return abs(node.value / (2000 / 3) - 1) < 1e-3 or abs(node.value * 2000 / 3 - 1) < 1e-3
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            sides = node.left, node.right
            if all(isinstance(side, ast.Constant) for side in sides):
                return sides[0].value / sides[1].value in (2000 / 3, 20000 / 3, 0.0015)
        return False

    found = [node.lineno for node in ast.walk(tree(module)) if is_mu(node)]
    assert bool(found) is (module == "geo.units"), found


def test_no_page_script_or_template_knows_the_size_of_a_mu():
    texts = [path for path in ROOT.rglob("*") if path.suffix in {".js", ".jinja", ".html", ".css"}]
    own = [path for path in texts if "vendor" not in path.parts]
    assert own
    for path in own:
        assert not re.search(r"666\.[67]|2000 */ *3\b", path.read_text(encoding="utf-8")), path


def test_the_face_is_what_we_promise():
    assert geo.__all__ == [
        "ChecksError",
        "Finding",
        "LandError",
        "LawError",
        "LayerError",
        "LedgerError",
        "Plan",
        "PlanError",
        "PublishError",
        "Study",
        "publish",
        "read_plan",
        "run",
        "summary",
    ]
    assert all(getattr(geo, name).__doc__ for name in geo.__all__)


# --- faults ----------------------------------------------------------------------------------


def named_codes(module: str) -> set[str]:
    """Codes handed to what makes findings, or kept under the name ``code``."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            values = node.args[:1] if name in {"finding", "report", "_fault"} else []
        elif isinstance(node, ast.Assign):
            values = [node.value] if ast.unparse(node.targets[0]) == "code" else []
        else:
            continue
        for value in values:
            constants = (item for item in ast.walk(value) if isinstance(item, ast.Constant))
            found |= {item.value for item in constants if isinstance(item.value, str)}
    return {code for code in found if "." in code}


def test_every_fault_can_happen():
    used = set().union(
        *(strings(module) for module in SOURCES if not module.startswith("geo.faults"))
    )
    assert sorted(FAULTS.keys() - used) == []


def test_every_code_that_is_used_has_its_words():
    used = set().union(*(named_codes(module) for module in SOURCES))
    assert len(used) > 40
    assert sorted(used - FAULTS.keys()) == []


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_says_what_and_the_cure_in_both_languages(code):
    fault = FAULTS[code]
    for words in (fault.message, fault.mend):
        assert words.zh.strip()
        assert words.en.strip()
        assert re.search("[\u4e00-\u9fff]", words.zh), "no Chinese"
        assert not re.search("[\u4e00-\u9fff]", words.en), "Chinese in the English"
    if fault.sets_aside and code != "parcel.excluded":  # which the plan itself asks for
        assert fault.severity == "error"
