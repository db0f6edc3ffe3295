"""A band of images, as a nudged elastic band has it: which structures, in which folders; pure."""

from collections.abc import Sequence

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.templates import Takes

FIELD = "structures"
TAKES = Takes(
    "images",
    3,
    100,
    "Give pks of stored structures in order, end points first and last, as 12 13 14 15. "
    "Tasks: a multiple of the images between the end points.",
)


def check(species: Sequence[Sequence[str]]) -> None:
    """Refuse images that do not have the same atoms in the same order.

    Parameters
    ----------
    species
        Names of the sites of each image, in order.

    Raises
    ------
    InvalidForm
        Field: structures.
    """
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
