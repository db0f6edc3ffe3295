"""A band of images, as a nudged elastic band has it: which structures, in which folders; pure."""

from collections.abc import Mapping, Sequence
from typing import cast

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import FieldType, FormField

IMAGES = "images"
"""The setting that holds them, and the parameter of the Maker's `make`."""
FIELD = f"values.{IMAGES}"
FEWEST, MOST = 3, 100
_HINT = "Give pks of stored structures in order, end points first and last, as [12, 13, 14, 15]."

IMAGES_FIELD = FormField(
    IMAGES,
    FieldType.JSON,
    "images",
    [],
    help="Pks of structures in order, end points first and last, as [12, 13, 14]; the first is the job's "
    "own. Tasks: a multiple of the images between.",
)


def pks_of(values: Mapping[str, Json]) -> tuple[int, ...]:
    """The pks that are given; none where there are none, or where they are no list of whole numbers."""
    given = values.get(IMAGES)
    rows = cast("list[Json]", given) if isinstance(given, list) else []
    pks = [row for row in rows if isinstance(row, int) and not isinstance(row, bool)]
    return tuple(pks) if len(pks) == len(rows) else ()


def check_first(pks: Sequence[int], structure_pk: int) -> None:
    """Refuse a band that begins elsewhere than the job; raises InvalidForm (field: values.images)."""
    if pks and pks[0] != structure_pk:
        detail = f"The images begin with structure {pks[0]}, and the job is of structure {structure_pk}"
        hint = (
            f"Name the first end point as the structure of the job, or begin the images with {structure_pk}."
        )
        raise InvalidForm(detail, field=FIELD, hint=hint)


def check(species: Sequence[Sequence[str]]) -> None:
    """Refuse what is no band.

    Parameters
    ----------
    species
        Names of the sites of each image, in order.

    Raises
    ------
    InvalidForm
        Field: values.images.
    """
    if not species:
        raise InvalidForm("It needs images, not a structure alone", field=FIELD, hint=_HINT)
    if not FEWEST <= len(species) <= MOST:
        detail = f"{len(species)} images are no band: there are {FEWEST} to {MOST}, with both end points"
        raise InvalidForm(detail, field=FIELD, hint=_HINT)
    for number, sites in enumerate(species[1:], 2):
        if len(sites) != len(species[0]):
            detail = f"Image {number} has {len(sites)} sites, and the first has {len(species[0])}"
            raise InvalidForm(detail, field=FIELD, hint="All images must be of the same atoms.")
        if sorted(sites) != sorted(species[0]):
            detail = f"Image {number} has other elements than the first"
            raise InvalidForm(detail, field=FIELD, hint="All images must be of the same atoms.")
        if list(sites) != list(species[0]):
            detail = f"Image {number} has its sites in another order than the first"
            hint = "A band joins each site with that of the same number: give all images one order."
            raise InvalidForm(detail, field=FIELD, hint=hint)


def folder_of(number: int) -> str:
    """Folder of an image; the first end point has number 0."""
    return f"{number:02}"


def label_of(number: int) -> str:
    """Name of an image among inputs and outputs of a job."""
    return f"image_{number:02}"


def computed(count: int) -> range:
    """Numbers of the images that move: all of `count` but the end points."""
    return range(1, count - 1)
