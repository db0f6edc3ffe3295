"""Structures and templates in memory: reads POSCARs in direct coordinates, checks what EMT knows."""

import hashlib
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import anyio

from crystalmath_server.domain.inputs import (
    diff as inputs_diff,
)
from crystalmath_server.domain.inputs import (
    rules as inputs_rules,
)
from crystalmath_server.domain.inputs import (
    sampling as inputs_sampling,
)
from crystalmath_server.domain.inputs.edits import apply_edits
from crystalmath_server.domain.inputs.incar_catalog import KnownTag
from crystalmath_server.domain.inputs.incar_help import tag_list
from crystalmath_server.domain.inputs.problems import in_order
from crystalmath_server.domain.inputs.vasp_inputs import read
from crystalmath_server.domain.jobs.plans import ParsedStructure, PreparedInputs
from crystalmath_server.domain.jobs.takes import check_structures
from crystalmath_server.domain.jobs.templates import (
    EMT_ELEMENTS,
    check_elements,
    check_restart,
    check_values,
    resolve,
)
from crystalmath_server.domain.results.crystal import formula_of, plain_crystal
from crystalmath_server.domain.results.lattice import lattice_of
from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.protocol.errors import (
    FileUnreadable,
    InvalidForm,
    InvalidParams,
    InvalidStructure,
    NotFound,
)
from crystalmath_server.protocol.exports import ExportedStructure, ExportStructureParams
from crystalmath_server.protocol.inputs import InputDiff, InputFacts, InputReport, TagList
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import (
    SI_POSCAR,
    ImportStructureParams,
    ListStructuresParams,
    Site,
    StructureDetail,
    StructurePage,
    StructureRow,
)
from crystalmath_server.protocol.system import Part, PartState
from crystalmath_server.protocol.templates import (
    FieldType,
    FormField,
    InputFile,
    Rendered,
    Restart,
    TemplateDetail,
    TemplateList,
    TemplateRow,
)

CU_POSCAR = SI_POSCAR.replace("Si", "Cu")


class FakeStructures:
    """Structures in memory, one of a kind."""

    def __init__(self) -> None:
        self.details: dict[int, tuple[ParsedStructure, StructureDetail]] = {}

    async def store(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        return self.add(parsed, label)

    def add(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        for known, detail in self.details.values():
            if known.digest == parsed.digest:
                return replace(detail, reused=True)
        pk, name = len(self.details) + 1, label or parsed.formula
        row = StructureRow(
            pk=pk,
            uuid=str(uuid.uuid4()),
            label=name,
            formula=parsed.formula,
            n_sites=parsed.n_sites,
            created_at=time.time(),
        )
        detail = StructureDetail(
            row=row,
            lattice=parsed.lattice,
            spacegroup=parsed.spacegroup,
            density_g_cm3=parsed.density_g_cm3,
            sites=parsed.sites,
            poscar=parsed.poscar,
        )
        self.details[pk] = (parsed, detail)
        return detail

    async def list_structures(self, params: ListStructuresParams) -> StructurePage:
        if params.cursor and not params.cursor.isdigit():
            raise InvalidParams(f"cursor {params.cursor!r} was not given by structures.list", field="cursor")
        sought, below = params.search.casefold(), int(params.cursor or len(self.details) + 1)
        newest_first = [detail.row for _, detail in reversed(self.details.values())]
        found = [
            row
            for row in newest_first
            if row.pk < below and (sought in row.label.casefold() or sought in row.formula.casefold())
        ]
        rows = tuple(found[: params.limit])
        return StructurePage(rows, str(rows[-1].pk) if len(found) > params.limit else "")

    async def show(self, pk: int) -> StructureDetail:
        return self._get(pk)[1]

    async def document(self, pk: int) -> Mapping[str, Json]:
        return self._get(pk)[0].document

    def _get(self, pk: int) -> tuple[ParsedStructure, StructureDetail]:
        if pk not in self.details:
            raise NotFound(f"There is no structure with pk {pk}.", field="pk")
        return self.details[pk]


_RELAX = TemplateRow(
    name="emt.relax",
    title="Relax",
    engine="emt",
    kind="relax",
    summary="Relax with EMT.",
    maker="atomate2.fake.Relax",
    runnable=True,
)
_ROWS = (
    _RELAX,
    replace(_RELAX, name="emt.static", kind="static", title="Static"),
    replace(_RELAX, name="vasp.static", engine="vasp", kind="static", restart=Restart.OPTIONAL),
    replace(_RELAX, name="vasp.non_scf", engine="vasp", kind="non_scf", restart=Restart.REQUIRED),
)
_FIELDS = (
    FormField(
        name="relax_kwargs.fmax",
        type=FieldType.NUMBER,
        title="force tolerance",
        default=0.01,
        unit="eV/Å",
        minimum=1e-6,
        maximum=10,
    ),
    FormField("steps", FieldType.INTEGER, "most steps", 500, minimum=1),
)


_INPUTS = (InputFile("INCAR", "ENCUT = 520\nISMEAR = 0\n"), InputFile("KPOINTS", "mesh\n0\nGamma\n6 6 6\n"))


_CATALOGUE = {
    "ENCUT": KnownTag("float"),
    "EDIFF": KnownTag("float"),
    "ISMEAR": KnownTag("int", ("-5", "-1", "0", "1"), "1", "smearing"),
}


class FakeWorkbench:
    """Renders the settings that it is given."""

    def __init__(self) -> None:
        self.render_s = 0.0

    def part(self) -> Part:
        return Part(PartState.READY, "in memory")

    async def parse_structure(self, params: ImportStructureParams) -> ParsedStructure:
        if params.format not in ("", "poscar"):
            raise InvalidStructure(f"format {params.format!r} is not known", field="format")
        text, field = (params.text, "text") if params.text else (_read(params.path), "path")
        try:
            return describe(_document(text))
        except (ValueError, IndexError) as error:
            raise InvalidStructure("It is not a POSCAR in direct coordinates.", field=field) from error

    async def describe_structure(self, document: Mapping[str, Json]) -> ParsedStructure:
        return describe(document)

    async def export_structure(
        self, document: Mapping[str, Json], params: ExportStructureParams
    ) -> ExportedStructure:
        if params.format != "poscar":
            raise InvalidStructure(f"format {params.format!r} is not known", field="format")
        text = describe(document).poscar
        if not params.path:
            return ExportedStructure(pk=params.pk, format=params.format, text=text, path="", size=len(text))
        return ExportedStructure(
            pk=params.pk, format=params.format, text="", path=params.path, size=len(text)
        )

    async def list_templates(self, engine: str) -> TemplateList:
        return TemplateList(tuple(row for row in _ROWS if engine in ("", row.engine)))

    async def show_template(self, name: str) -> TemplateDetail:
        return TemplateDetail(resolve(name, _ROWS), _FIELDS)

    async def render(
        self,
        spec: JobSpec,
        structures: Sequence[Mapping[str, Json]],
        earlier: PreviousRun | None = None,
        tasks: int | None = None,
    ) -> PreparedInputs:
        row = resolve(spec.template, _ROWS)
        await anyio.sleep(self.render_s)
        try:
            given = [describe(each) for each in structures]
        except (KeyError, ValueError) as error:
            raise InvalidStructure("It cannot be read.", field="structures") from error
        check_structures(row.name, row.takes, [[site.species for site in each.sites] for each in given])
        parsed, edits = given[0], spec.edits
        if row.engine == "emt":
            check_elements("EMT", parsed.elements, EMT_ELEMENTS, ())
        check_restart(row.name, row.restart, continues=earlier is not None)
        checked = check_values(_FIELDS, spec.values)
        files = (InputFile("POSCAR", parsed.poscar), InputFile("maker.json", json.dumps(checked)))
        digest = _digest(
            {
                "name": row.name,
                "structures": [each.digest for each in given],
                "values": checked,
                "earlier": earlier and earlier.uuid,
            }
        )
        copied = ("CHGCAR",) if row.restart is Restart.REQUIRED else ()
        prepared = PreparedInputs(
            rendered=Rendered(template=row.name, files=files, warnings=(), digest=digest, copied=copied),
            maker={},
            engine="EMT 1",
            versions={"ase": "3"},
            values=checked,
        )
        return await self._with_inputs(prepared, edits, tasks) if row.engine == "vasp" or edits else prepared

    async def _with_inputs(
        self, prepared: PreparedInputs, edits: Mapping[str, str], tasks: int | None
    ) -> PreparedInputs:
        if prepared.rendered.template.startswith("emt"):
            raise InvalidForm("There are no files that can be edited.", field="edits")
        (poscar, _), own = prepared.rendered.files, prepared.rendered
        symbols = "\n".join(poscar.text.splitlines()[5].split())
        vasp_inputs = (*_INPUTS, poscar, InputFile("POTCAR.spec", symbols))
        files, diffs = apply_edits(vasp_inputs, edits)
        report = await self.check_inputs({file.name: file.text for file in files}, tasks)
        digest = _digest({"own": own.digest, "edits": dict(edits)}) if diffs else own.digest
        changed = replace(own, files=files, digest=digest, problems=report.problems, edits=diffs)
        moved = structure(dict(edits)["POSCAR"]) if "POSCAR" in diffs else None
        return replace(prepared, rendered=changed, structure=moved)

    async def check_inputs(self, files: Mapping[str, str], tasks: int | None = None) -> InputReport:
        vasp_inputs, problems = read(files, _CATALOGUE)
        facts = InputFacts(n_sites=vasp_inputs.poscar.n_sites if vasp_inputs.poscar else None)
        found = (
            *problems,
            *inputs_rules.judge(vasp_inputs, facts),
            *inputs_sampling.judge(vasp_inputs, facts, tasks),
        )
        return InputReport(in_order(found), facts)

    async def diff_inputs(self, left: Mapping[str, str], right: Mapping[str, str]) -> InputDiff:
        return inputs_diff.diff(left, right, _CATALOGUE, None)

    async def known_tags(self) -> TagList:
        return tag_list(_CATALOGUE)

    async def reader(self, incar: str) -> PreparedInputs:
        maker: dict[str, Json] = {"incar": incar}
        return PreparedInputs(
            rendered=Rendered("vasp.imported", (), (), ""),
            maker=maker,
            engine="VASP",
            versions={"pymatgen": "1"},
            values={},
        )

    async def potcar_specs(self, potcar: str) -> tuple[dict[str, Json], ...]:
        lines = [line.split("=")[1].strip() for line in potcar.splitlines() if "TITEL" in line]
        return tuple({"titel": line, "summary_stats": {"stats": len(potcar)}} for line in lines)


def structure(poscar: str) -> ParsedStructure:
    """What a POSCAR holds."""
    return describe(_document(poscar))


def describe(document: Mapping[str, Json]) -> ParsedStructure:
    """A structure of which symmetry and density are not worked out."""
    crystal = plain_crystal(document)
    rows: list[dict[str, list[float]]] = document["sites"]  # type: ignore[assignment]
    symbols = [symbol for symbol, _ in crystal.sites]
    formula = formula_of(symbols)
    places = [tuple(row["abc"]) for row in rows]
    lines = [" ".join(map(str, row)) for row in (*crystal.cell, symbols, [1] * len(symbols))]
    return ParsedStructure(
        document=document,
        digest=_digest(document),
        formula=formula,
        elements=tuple(dict.fromkeys(symbols)),
        n_sites=len(symbols),
        lattice=lattice_of(crystal.cell),
        spacegroup="P1 (1)",
        density_g_cm3=1.0,
        sites=tuple(Site(symbol, place) for symbol, place in zip(symbols, places, strict=True)),  # type: ignore[arg-type]
        poscar="\n".join([formula, "1.0", *lines, "direct", *(" ".join(map(str, p)) for p in places), ""]),
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror}", field="path") from error
    except UnicodeDecodeError as error:
        raise InvalidStructure(f"{path} is not a text file", field="path") from error


def _document(poscar: str) -> dict[str, Json]:
    """pymatgen's JSON, as far as anybody looks."""
    lines = [line.split() for line in poscar.splitlines()]
    cell = [[float(lines[1][0]) * float(x) for x in line] for line in lines[2:5]]
    symbols = [name for name, count in zip(lines[5], lines[6], strict=True) for _ in range(int(count))]
    sites = [
        {"species": [{"element": symbol, "occu": 1}], "abc": [float(x) for x in line[:3]]}
        for symbol, line in zip(symbols, lines[8:], strict=True)
    ]
    return {"lattice": {"matrix": cell, "pbc": [True] * 3}, "sites": sites}


def _digest(value: Mapping[str, Json]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
