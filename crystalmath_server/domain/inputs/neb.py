"""Images of a nudged elastic band: their structures and folders; pure."""

from collections.abc import Sequence

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.templates import Takes

FIELD = "structures"
TAKES = Takes(
    "images",
    3,
    100,
    "Give the pks of stored structures in order, end points first and last, e.g. 12 13 14 15. "
    "The number of tasks must be a multiple of the images between the end points.",
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
            detail = f"Image {number} has {len(sites)} sites, but the first has {len(species[0])}"
            raise InvalidForm(detail, field=FIELD, hint="All images must contain the same atoms.")
        if sorted(sites) != sorted(species[0]):
            detail = f"Image {number} has other elements than the first"
            raise InvalidForm(detail, field=FIELD, hint="All images must contain the same atoms.")
        if list(sites) != list(species[0]):
            detail = f"Image {number} has its sites in another order than the first"
            hint = "The band connects sites by number: use the same site order in all images."
            raise InvalidForm(detail, field=FIELD, hint=hint)


def folder_of(number: int) -> str:
    """Folder of an image; the first end point is number 0."""
    return f"{number:02}"


def label_of(number: int) -> str:
    """Link label of an image among a job's inputs and outputs."""
    return f"image_{number:02}"


def moving_images(count: int) -> range:
    """Numbers of the images that move: all `count` images except the end points."""
    return range(1, count - 1)
