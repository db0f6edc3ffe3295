"""The folder of a run that has ended, made such as custodian expects it."""

from pathlib import Path

from crystalmath_server.domain.jobs import nodes


def as_custodian_expects(folder: Path) -> None:
    """Both outputs in what it takes for stderr; nothing of an earlier custodian."""
    (folder / "custodian.json").unlink(missing_ok=True)
    said = [folder / name for name in (nodes.VASP_OUTPUT_FILE, "_scheduler-stderr.txt")]
    (folder / "std_err.txt").write_bytes(b"\n".join(path.read_bytes() for path in said if path.exists()))
