"""The package as a whole: its stub, its documentation, its errors."""

import ast
import inspect
import pathlib
import pickle
import subprocess
import sys

import pytest

import terrane
from terrane import _errors, _terrane

PACKAGE = pathlib.Path(terrane.__file__).parent
STUB = ast.parse((PACKAGE / "_terrane.pyi").read_text())


def stub_classes():
    return {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"}


def members(node):
    return {m.name for m in node.body if isinstance(m, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_the_stub_names_what_the_module_has():
    functions = {n.name for n in STUB.body if isinstance(n, ast.FunctionDef)}
    public = {name for name in vars(_terrane) if not name.startswith("_")}
    assert functions | set(stub_classes()) == public
    assert public <= set(terrane.__all__) and (PACKAGE / "py.typed").exists()
    assert set(terrane.__all__) == {n for n in vars(terrane) if not n.startswith("_")}


@pytest.mark.parametrize("name", sorted(stub_classes()))
def test_the_stub_names_what_a_class_has(name):
    ours = {m for m in vars(getattr(_terrane, name)) if not m.startswith("_")}
    stub = members(stub_classes()[name])
    assert {m for m in stub if not m.startswith("_")} == ours
    for special in (m for m in stub if m.startswith("_")):
        assert hasattr(getattr(_terrane, name), special)


def parameters(doc):
    """Of what pybind11 puts into the first line of a docstring."""
    signature = doc.split("\n", 1)[0]
    inside = signature[signature.index("(") + 1:signature.rindex(") ->")]
    depth, names, word = 0, [], ""
    for ch in inside + ",":
        if ch == "," and depth == 0:
            names.append(word.split(":")[0].split("=")[0].strip())
            word = ""
            continue
        depth += ch in "([{<"
        depth -= ch in ")]}>"
        word += ch
    return [n for n in names if n not in ("", "*", "self", "**kwargs")]


@pytest.mark.parametrize("call", ["create", "open", "Volume.read", "Volume.write", "Volume.ingest", "Volume.edit", "Volume.edit_box",
                                  "Volume.flush_levels", "Volume.fold", "Volume.events", "Volume.ranges",
                                  "Volume.locate", "Volume.histogram", "Volume.analyze", "Volume.explain", "Volume.verify", "Volume.lod", "World.to_voxel"])
def test_the_stub_has_the_parameters_of_a_call(call):
    where, body = _terrane, STUB.body
    for part in call.split("."):
        where = getattr(where, part)
        node = [n for n in body if getattr(n, "name", None) == part][0]
        body = getattr(node, "body", [])
    stub = [a.arg for a in node.args.args + node.args.kwonlyargs if a.arg != "self"]
    assert stub == parameters(where.__doc__)


def test_everything_is_documented():
    for name in terrane.__all__:
        thing = getattr(terrane, name)
        assert thing.__doc__ and len(thing.__doc__) > 20, name
        if inspect.isclass(thing) and thing.__module__ == "terrane._terrane":
            for member, value in vars(thing).items():
                if member.startswith("_") or member in ("path", "mode", "closed", "level"):
                    continue
                assert value.__doc__ and len(value.__doc__) > 15, (name, member)


def test_errors_have_kinds_that_python_knows():
    assert issubclass(terrane.InvalidError, ValueError)
    assert issubclass(terrane.ClosedError, terrane.InvalidError)
    assert issubclass(terrane.NotFoundError, FileNotFoundError)
    assert issubclass(terrane.IoError, OSError)
    assert issubclass(terrane.ExhaustedError, MemoryError)
    for name, kind in vars(_errors).items():
        if inspect.isclass(kind):
            assert issubclass(kind, terrane.Error) and name in terrane.__all__
    assert str(terrane.NotFoundError("a `b`")) == "a `b`"


def test_everything_is_of_the_package_that_is_imported():
    for name in terrane.__all__:
        assert getattr(terrane, name).__module__ in ("terrane", "terrane._terrane"), name
    for kind in (terrane.InvalidError, terrane.Volume, terrane.Explanation):
        assert kind.__module__ == "terrane"
    with pytest.raises(terrane.NotFoundError) as caught:
        terrane.open("nowhere.terrane")
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), terrane.NotFoundError)


def test_it_is_of_a_version():
    assert terrane.__version__.count(".") == 2


def test_importing_it_loads_no_more_than_it_needs():
    code = "import terrane; print(open('/proc/self/maps').read())"
    maps = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(PACKAGE.parent)}).stdout
    assert "librocksdb" in maps and "libgdal" not in maps and "libcairo" not in maps
