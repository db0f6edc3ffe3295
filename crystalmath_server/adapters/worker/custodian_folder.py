"""Preparation of an ended run's folder for custodian."""

from pathlib import Path

from crystalmath_server.domain.jobs import nodes


def as_custodian_expects(folder: Path) -> None:
    """Merge both outputs into std_err.txt and remove files of an earlier custodian."""
    (folder / "custodian.json").unlink(missing_ok=True)
    said = [folder / name for name in (nodes.VASP_OUTPUT_FILE, "_scheduler-stderr.txt")]
    (folder / "std_err.txt").write_bytes(b"\n".join(path.read_bytes() for path in said if path.exists()))
