"""A VASP Maker's job split where it would run VASP: inputs before, document after; runs in the worker.

The Maker's own code does both halves, so inputs and document are atomate2's to the letter. Functions of
atomate2's modules are replaced and the working directory is changed meanwhile: never in a process that does
other work.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from atomate2.vasp import files as vasp_io
from jobflow import JobStore
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Structure

WRITE = vasp_io.write_vasp_input_set
COPY = vasp_io.copy_files
_READ = {"OUTCAR": "", "vasprun.xml": "", "CONTCAR": ""}
"""Of an earlier run, read here and of no use to VASP."""
_WRITTEN_ANEW = {"INCAR", "KPOINTS", "POSCAR", "POTCAR", "POTCAR.spec", *_READ}


Given = Structure | Sequence[Structure]
"""What `make` of a Maker takes: a structure, or the images of a band."""


class _ReachedVasp(BaseException):  # no `except Exception` of a Maker may swallow it
    """The Maker is about to run VASP."""


def written_inputs(
    maker: Any, given: Given, earlier: Path | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What the Maker writes for VASP, and what it takes from an earlier run.

    Parameters
    ----------
    given
        Structure, or images.
    earlier
        Folder of an earlier run; an empty file stands for a large one.

    Returns
    -------
    tuple
        Name → text of the files that it writes, with POTCAR.spec in place of POTCAR, those of images as
        01/POSCAR; names in `earlier` of the files that it copies and does not write again, for VASP to read.

    Raises
    ------
    Exception
        Whatever the Maker raises of settings or structures that it cannot take.
    """
    copied: dict[str, str] = {}
    before = {
        "run_vasp": _reach_vasp,
        "write_vasp_input_set": _write_with_spec,
        "copy_files": _noting(copied),
    }
    with TemporaryDirectory() as folder, _inside(folder), _replaced(before):
        try:
            _run(maker, given, earlier)
        except _ReachedVasp:
            taken = {name: source for name, source in copied.items() if name not in _WRITTEN_ANEW}
            paths = [path for path in sorted(Path().rglob("*")) if path.is_file()]
            texts = {str(path): path.read_text() for path in paths if str(path) not in taken | _READ}
            return texts, tuple(sorted(taken.values()))
    msg = "the Maker ended before it would run VASP"
    raise ValueError(msg)


def document_of(maker: Any, given: Given, folder: Path, *, restarted: bool = False) -> Any:
    """Plain JSON of the Maker's output document, from the files that VASP left in `folder`.

    A run that did not converge has a document too: `should_stop_children` would raise in place of it.
    """
    done: dict[str, Callable[..., Any]] = dict.fromkeys(
        (
            "run_vasp", "write_vasp_input_set", "copy_vasp_outputs", "gzip_output_folder",
            "should_stop_children", "mkdir",
        ),
        _nothing,
    )  # fmt: skip
    with _inside(folder), _replaced(done):
        output = _run(maker, given, folder if restarted else None).output
        return jsanitize(output, strict=True, enum_values=True)


def _run(maker: Any, given: Given, earlier: Path | None) -> Any:
    """Run the Maker's one job; its document goes to a store in memory."""
    more: dict[str, Any] = {"prev_dir": earlier} if earlier else {}
    if "mode" in signature(type(maker).make).parameters:  # make would put its own default in its place
        more["mode"] = maker.input_set_generator.mode
    job: Any = maker.make(given, **more)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    return job.run(store)


def _reach_vasp(*_: Any, **__: Any) -> None:
    raise _ReachedVasp


def _write_with_spec(*args: Any, **kwargs: Any) -> None:
    WRITE(*args, **{**kwargs, "potcar_spec": True})


def _noting(copied: dict[str, str]) -> Callable[..., None]:
    """atomate2's own copying, which notes name → name in the earlier run."""

    def copy(*args: Any, **kwargs: Any) -> None:
        copied.update({path.name.split(".gz")[0]: path.name for path in map(Path, kwargs["include_files"])})
        COPY(*args, **kwargs)

    return copy


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing: VASP ran already, and its inputs are there."""


@contextlib.contextmanager
def _inside(folder: str | Path) -> Generator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _replaced(functions: Mapping[str, Callable[..., Any]]) -> Generator[None]:
    """Put functions in place of those of the same name in all modules of atomate2 that have them."""
    before: list[tuple[Any, str, Any]] = []
    for name, module in list(sys.modules.items()):
        if name.startswith("atomate2."):
            for attribute in functions.keys() & vars(module).keys():
                before.append((module, attribute, vars(module)[attribute]))
                setattr(module, attribute, functions[attribute])
    try:
        yield
    finally:
        for module, attribute, function in before:
            setattr(module, attribute, function)
