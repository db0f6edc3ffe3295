"""Splits a VASP Maker's job at the VASP run into input writing and parsing; runs in the worker.

The Maker's own code runs both halves, so inputs and document are exactly atomate2's. This module temporarily
replaces functions in atomate2's modules and changes the working directory, so never use it in a process that
does other work.
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
"""Files of an earlier run that are only read here; VASP does not use them."""
_WRITTEN_ANEW = {"INCAR", "KPOINTS", "POSCAR", "POTCAR", "POTCAR.spec", *_READ}


Given = Structure | Sequence[Structure]
"""The argument of a Maker's `make`: a structure, or the images of an NEB calculation."""


class _ReachedVasp(BaseException):  # must not be caught by `except Exception` in a Maker
    """Raised when the Maker is about to run VASP."""


def written_inputs(
    maker: Any, given: Given, earlier: Path | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files that the Maker writes for VASP, and those that it copies from an earlier run.

    Parameters
    ----------
    given
        Structure, or images.
    earlier
        Folder of an earlier run; empty files stand in for large ones.

    Returns
    -------
    tuple
        Name → text of the files that the Maker writes, with POTCAR.spec in place of POTCAR and image files as
        01/POSCAR; names in `earlier` of the files that it copies unchanged for VASP to read.

    Raises
    ------
    Exception
        Any exception of the Maker for unsupported settings or structures.
    """
    copied: dict[str, str] = {}
    before = {
        "run_vasp": _reach_vasp,
        "write_vasp_input_set": _write_with_spec,
        "copy_files": _record_copies(copied),
    }
    with TemporaryDirectory() as folder, _inside(folder), _replace(before):
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
    """The Maker's output document as plain JSON, from the VASP files in `folder`.

    Replaces `should_stop_children`, which would raise for an unconverged run; such runs also have a document.
    """
    done: dict[str, Callable[..., Any]] = dict.fromkeys(
        (
            "run_vasp", "write_vasp_input_set", "copy_vasp_outputs", "gzip_output_folder",
            "should_stop_children", "mkdir",
        ),
        _do_nothing,
    )  # fmt: skip
    with _inside(folder), _replace(done):
        output = _run(maker, given, folder if restarted else None).output
        return jsanitize(output, strict=True, enum_values=True)


def _run(maker: Any, given: Given, earlier: Path | None) -> Any:
    """Run the Maker's single job with an in-memory document store."""
    more: dict[str, Any] = {"prev_dir": earlier} if earlier else {}
    if "mode" in signature(type(maker).make).parameters:  # otherwise make uses its own default
        more["mode"] = maker.input_set_generator.mode
    job: Any = maker.make(given, **more)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    return job.run(store)


def _reach_vasp(*_: Any, **__: Any) -> None:
    raise _ReachedVasp


def _write_with_spec(*args: Any, **kwargs: Any) -> None:
    WRITE(*args, **{**kwargs, "potcar_spec": True})


def _record_copies(copied: dict[str, str]) -> Callable[..., None]:
    """atomate2's copy function, which also records name → name in the earlier run."""

    def copy(*args: Any, **kwargs: Any) -> None:
        copied.update({path.name.split(".gz")[0]: path.name for path in map(Path, kwargs["include_files"])})
        COPY(*args, **kwargs)

    return copy


def _do_nothing(*_: Any, **__: Any) -> None:
    """Do nothing; VASP has already run and its inputs exist."""


@contextlib.contextmanager
def _inside(folder: str | Path) -> Generator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _replace(functions: Mapping[str, Callable[..., Any]]) -> Generator[None]:
    """Replace functions by name in all atomate2 modules that have them."""
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
