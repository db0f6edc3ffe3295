"""The final document of a flow as plain JSON → quantities with units; pure functions."""

from collections.abc import Mapping
from typing import Any

from crystalmath_server.domain.results import task_document as task

Document = Mapping[str, Any]
Rows = dict[str, task.Row]

_MODULI: Mapping[str, tuple[str, str]] = {
    "k_vrh": ("GPa", "bulk modulus, Voigt–Reuss–Hill average"),
    "g_vrh": ("GPa", "shear modulus, Voigt–Reuss–Hill average"),
    "k_voigt": ("GPa", "bulk modulus, Voigt bound"),
    "k_reuss": ("GPa", "bulk modulus, Reuss bound"),
    "g_voigt": ("GPa", "shear modulus, Voigt bound"),
    "g_reuss": ("GPa", "shear modulus, Reuss bound"),
    "homogeneous_poisson": ("", "Poisson ratio"),
    "universal_anisotropy": ("", "universal elastic anisotropy"),
}
_PA_PER_GPA = 1e9


def quantities(document: Document) -> dict[str, dict[str, object]]:
    """Results of a flow: elastic moduli, equations of state, or those of a single job."""
    rows = _elastic(document) or _equations_of_state(document)
    if rows:
        return {name: dict(zip(("value", "unit", "title"), row, strict=True)) for name, row in rows.items()}
    return task.quantities(document, len(task.ionic_steps(document)), None)


def _elastic(document: Document) -> Rows:
    """Elastic tensor and moduli of emmet's ElasticDocument, whose moduli are in GPa."""
    tensor = task.section(document, "elastic_tensor").get("ieee_format")
    if not tensor:
        return {}
    rows: Rows = {"elastic_tensor": (tensor, "GPa", "elastic tensor, IEEE orientation, Voigt notation")}
    derived = task.section(document, "derived_properties")
    if (young := task.number(derived.get("y_mod"))) is not None:
        rows["young_modulus"] = (young / _PA_PER_GPA, "GPa", "Young's modulus")  # pymatgen gives Pa
    for name, (unit, title) in _MODULI.items():
        if (value := task.number(derived.get(name))) is not None:
            rows[name] = (value, unit, title)
    return rows


def _equations_of_state(document: Document) -> Rows:
    """V0, E0 and B of each model of an equation of state; static energies count before relaxed ones."""
    rows: Rows = {}
    for kind in ("static", "relax"):
        fits = task.section(task.section(document, kind), "EOS")
        for model in fits:
            fit = task.section(fits, model)
            if f"v0_{model}" in rows:
                continue
            for name, key, unit, title in _OF_MODEL:
                if (value := task.number(fit.get(key))) is not None:
                    rows[f"{name}_{model}"] = (value, unit, f"{title}, {_title_of(model)}")
    return rows


_OF_MODEL = (
    ("v0", "v0", "Å³", "equilibrium volume"),
    ("e0", "e0", "eV", "equilibrium energy"),
    ("b", "b0 GPa", "GPa", "bulk modulus"),
    ("b1", "b1", "", "pressure derivative of the bulk modulus"),
)


def _title_of(model: str) -> str:
    """The name of an equation of state; pymatgen misspells Poirier."""
    return model.replace("pourier", "poirier").replace("_", "–").title()
