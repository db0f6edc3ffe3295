"""Parser of `crystalmath.vasp`: VASP files → the Maker's document, summary, steps, structure."""

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import ExitCode

from crystalmath_server.domain.clusters.resources import NO_MODULE
from crystalmath_server.domain.diagnosis import missing_output
from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.inputs.neb import label_of
from crystalmath_server.domain.inputs.vasp_program import IMAGES_FILE, RUN_FOLDER
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.potcars.locations import MISSING
from crystalmath_server.domain.results import neb, vasp
from crystalmath_server.domain.results.packing import unpack_json
from crystalmath_server.domain.vasp_run.restart import ABSENT
from crystalmath_server.plugins.failure_cause import custodians, keep_cause
from crystalmath_server.plugins.fork_client import fork_server
from crystalmath_server.plugins.job_calculation import structure_text
from crystalmath_server.plugins.job_parser import JobParser, steps_node
from crystalmath_server.plugins.vasp_files import as_it_was, breaks_off, unpack
from crystalmath_server.protocol.codes import CODES_TEST
from crystalmath_server.protocol.command import command

LONGEST_S = 1800
_SIGNS = (
    (MISSING, ExitStatus.POTCAR_MISSING),
    (ABSENT, ExitStatus.RESTART_MISSING),
    (NO_MODULE, ExitStatus.MODULE_MISSING),
)
_BANNER = re.compile(r"^\s*(?:running\s+on|vasp\.\d)", re.IGNORECASE | re.MULTILINE)
"""Output that every VASP version writes before it reads a file."""
_CUT = re.compile(r"DUE TO TIME LIMIT|CANCELLED AT|oom.kill|OUT_OF_MEMORY", re.IGNORECASE)


class VaspParser(JobParser):
    """Parses VASP output; the Maker's code runs in a separate process with its own memory."""

    def parse(self, **given: Any) -> ExitCode | None:
        """Attach the outputs and return the exit code; store the cause of a failure."""
        code = self._parse(given.get("retrieved_temporary_folder"))
        keep_cause(self.node, self.retrieved, code, custodians)
        return code

    def _parse(self, temporary: str | None) -> ExitCode | None:
        """Attach the outputs.

        Large files needed for the document, e.g. LOCPOT, are in the temporary folder and are not kept.
        """
        said = self._text("_scheduler-stderr.txt") + "\n" + self._text(nodes.VASP_OUTPUT_FILE)
        for sign, status in _SIGNS:
            line = next((line for line in said.splitlines() if sign in line), "")
            if line:
                return self._exit(status, line.partition("crystalmath: ")[2])
        if not self._has_vasprun():
            return self._silent(said)
        with tempfile.TemporaryDirectory() as folder:
            self._lay_out(Path(folder), temporary)
            restarted = ["--restarted"] if nodes.RESTART in self.node.inputs else []
            problem = _make_document(Path(folder), restarted)
            if problem:
                return self._unreadable(problem, said, Path(folder))
            return self._attach(Path(folder), said)

    def _has_vasprun(self) -> bool:
        """Whether vasprun.xml was retrieved; for NEB, that of any image."""
        repository = self.retrieved.base.repository
        names = {name for _, _, files in repository.walk() for name in files}
        return bool({"vasprun.xml", "vasprun.xml.gz"} & names)

    def _lay_out(self, folder: Path, temporary: str | None) -> None:
        """Rebuild VASP's folder from the retrieved files, and write the files that the Maker needs."""
        given: Any = self.node.inputs
        run = folder / RUN_FOLDER
        run.mkdir()
        given.files.base.repository.copy_tree(run)
        self.retrieved.base.repository.copy_tree(run)
        if temporary:
            shutil.copytree(temporary, run, dirs_exist_ok=True, copy_function=shutil.move)
        unpack(run)
        if nodes.SOURCE in given:
            as_it_was(run, given.settings.get_dict(), given.potcar.get_dict())
        (folder / "maker.json").write_text(json.dumps(given.maker.get_dict()))
        (folder / nodes.STRUCTURE_FILE).write_text(structure_text(given.structure))
        if nodes.IMAGES in given:
            images = [structure_text(node) for _, node in sorted(given[nodes.IMAGES].items())]
            (folder / IMAGES_FILE).write_text(f"[{','.join(images)}]")

    def _attach(self, folder: Path, output: str) -> ExitCode | None:
        path, told = folder / "document.json.gz", folder / "steps.json"
        document = unpack_json(path.read_bytes())
        self.out(nodes.DOCUMENT, orm.SinglefileData(path))
        if neb.is_band(document):
            return self._attach_band(document, output)
        n_steps = self._attach_results(document, json.loads(told.read_text()) if told.exists() else [])
        if why := self._interruption(output):
            return self._interrupted(why, n_steps)
        if not vasp.is_converged(document):
            return self._exit(
                ExitStatus.NOT_CONVERGED, f"after {n_steps} ionic steps; see OSZICAR and vasp.out"
            )
        return None

    def _attach_band(self, document: Mapping[str, Any], output: str) -> ExitCode | None:
        """Attach the results of a NEB calculation, with images instead of the structure."""
        steps = neb.steps_of(document)
        summary: dict[str, Any] = neb.quantities(document, len(steps))
        self.out(nodes.SUMMARY, orm.Dict(summary | {"engine": {"VASP": neb.version(document)}}))
        if steps:
            self.out(nodes.STEPS, steps_node(steps))
        for number, found in enumerate(neb.images_of(document), 1):
            self.out(f"{nodes.IMAGES}.{label_of(number)}", self._final_structure(found, f" image {number}"))
        if why := self._interruption(output):
            return self._interrupted(why, len(steps))
        if not vasp.is_converged(document):
            return self._exit(
                ExitStatus.NOT_CONVERGED, f"after {len(steps)} ionic steps; see OSZICAR of each image"
            )
        return None

    def _attach_results(
        self, document: Mapping[str, Any], written_steps: Sequence[Mapping[str, Any]] = ()
    ) -> int:
        """Attach summary, structure and steps, by default `written_steps`; returns the number of steps."""
        steps = vasp.steps_of(document) or vasp.steps_among(written_steps)
        summary: dict[str, Any] = vasp.quantities(document, len(steps))
        self.out(nodes.SUMMARY, orm.Dict(summary | {"engine": {"VASP": vasp.version(document)}}))
        if steps:
            self.out(nodes.STEPS, steps_node(steps))
        if vasp.has_free_ions(document) and vasp.final_structure(document).get("lattice"):
            self.out(nodes.STRUCTURE, self._final_structure(vasp.final_structure(document)))
        return len(steps)

    def _unreadable(self, problem: Mapping[str, Any], output: str, folder: Path) -> ExitCode:
        """The exit code without a document; for an interrupted run, attach the complete ionic steps."""
        self.logger.error(problem.get("traceback", problem["error"]))
        why = self._interruption(output)
        if not why and not any(map(breaks_off, (folder / RUN_FOLDER).rglob("vasprun.xml"))):
            return self._exit(ExitStatus.RESPONSE_UNREADABLE, problem["error"])
        fragment = folder / "fragment.json"
        n_steps = self._attach_results(json.loads(fragment.read_text())) if fragment.exists() else 0
        return self._interrupted(why or "vasprun.xml breaks off before its end", n_steps)

    def _interruption(self, output: str) -> str:
        """What interrupted the run, from the scheduler or the output; empty: nothing."""
        if self.node.exit_status:
            return str(self.node.exit_message)
        return missing_output.explain(output) if _CUT.search(output) else ""

    def _interrupted(self, why: str, n_steps: int) -> ExitCode:
        """The exit code of an interrupted run, with the scheduler's exit status if it set one."""
        code = self._exit(ExitStatus.CUT_OFF, f"{why}; whole ionic steps: {n_steps}")
        return ExitCode(self.node.exit_status or code.status, code.message)

    def _silent(self, output: str) -> ExitCode:
        """The exit code without vasprun.xml: the scheduler takes precedence over the output."""
        if nodes.SOURCE in self.node.inputs:
            return self._exit(
                ExitStatus.NO_RESPONSE, "the folder has no vasprun.xml, which contains the results"
            )
        if self.node.exit_status:
            code = self._exit(ExitStatus.NO_RESPONSE, str(self.node.exit_message))
            return ExitCode(self.node.exit_status, code.message)
        if not _BANNER.search(output) and missing_output.explain(output) == missing_output.UNKNOWN:
            return self._exit(ExitStatus.NO_RESPONSE, _not_vasp(self.node.inputs.code, output))
        return self._exit(ExitStatus.NO_RESPONSE, missing_output.explain(output))


def _not_vasp(code: Any, output: str) -> str:
    """The message for a program that does not seem to be VASP."""
    line = next((line.strip() for line in output.splitlines() if line.strip()), "")
    wrote = f"wrote {line[:200]!r}" if line else "wrote nothing"
    return (
        f"{code.filepath_executable} {wrote} and no VASP output; is it VASP? "
        f"Check with: {command(CODES_TEST, pk=code.pk)}"
    )


def _make_document(folder: Path, more: list[str]) -> Mapping[str, Any] | None:
    """Build the document in a separate process; returns the error, or None."""
    try:
        done = fork_server().run("vasp_document", str(folder), *more, timeout_s=LONGEST_S)
    except TimeoutError:
        return {"error": f"reading the files took more than {LONGEST_S} s"}
    if done.status == 0:
        return None
    told = folder / "error.json"
    if told.exists():
        return json.loads(told.read_text())
    return {"error": f"the reading process ended with status {done.status}", "traceback": done.stderr}
