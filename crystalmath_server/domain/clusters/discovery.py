"""Discovery of what a host offers: a read-only shell script and the parser of its output; pure."""

from crystalmath_server.domain.clusters import slurm
from crystalmath_server.domain.clusters.naming import DIRECT
from crystalmath_server.protocol.clusters import Discovery

SCRIPT = f"""
echo '@@user'; id -un
echo '@@home'; echo "$HOME"
echo '@@commands'; for c in sbatch bsub qsub qconf srun mpirun mpiexec; do
  command -v "$c" >/dev/null 2>&1 && echo "$c"; done
echo '@@qstat'; command -v qstat >/dev/null 2>&1 && qstat --version 2>&1 | head -n 1
echo '@@version'; command -v sinfo >/dev/null 2>&1 && sinfo --version 2>&1 | head -n 1
echo '@@partitions'; command -v sinfo >/dev/null 2>&1 && {slurm.SINFO} 2>/dev/null
echo '@@accounts'; command -v sacctmgr >/dev/null 2>&1 && timeout 10 {slurm.ACCOUNTS} 2>/dev/null
echo '@@scratch'; for d in "$SCRATCH" "$PSCRATCH" "$CSCRATCH" "$WORK" "$WORKDIR" \\
  "/scratch/$(id -un)" "/work/$(id -un)" "/lustre/$(id -un)" "$HOME"; do
  [ -n "$d" ] && [ -d "$d" ] && [ -w "$d" ] && echo "$d"; done
echo '@@codes'; for c in vasp_std vasp_gam vasp_ncl; do
  p=$(command -v "$c" 2>/dev/null) && echo "$c $p"; done
echo '@@end'
"""

_RUNNERS = {
    "srun": "srun -n {tot_num_mpiprocs}",
    "mpirun": "mpirun -np {tot_num_mpiprocs}",
    "mpiexec": "mpiexec -n {tot_num_mpiprocs}",
}


def sections(text: str) -> dict[str, list[str]]:
    """Lines under each marker; login messages before the first marker are dropped."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("@@"):
            name = line[2:].strip()
            found.setdefault(name, [])
        elif name and line.strip():
            found[name].append(line.strip())
    return found


def discovery(hostname: str, text: str) -> Discovery:
    """Parse the script's output."""
    found = sections(text)
    commands = found.get("commands", [])
    partitions = slurm.partitions("\n".join(found.get("partitions", [])))
    accounts, qos = slurm.accounts("\n".join(found.get("accounts", [])))
    scheduler = scheduler_of(commands, " ".join(found.get("qstat", [])))
    return Discovery(
        hostname=hostname,
        user=_first(found, "user"),
        home=_first(found, "home"),
        scheduler=scheduler,
        version=_first(found, "version") or _first(found, "qstat"),
        partitions=partitions,
        accounts=accounts,
        qos=qos,
        scratch=tuple(dict.fromkeys(found.get("scratch", []))),
        mpirun=tuple(words for command, words in _RUNNERS.items() if command in commands),
        codes=dict(line.split(maxsplit=1) for line in found.get("codes", []) if " " in line),
        notes=tuple(_notes(found, scheduler, has_partitions=bool(partitions))),
    )


def _first(found: dict[str, list[str]], name: str) -> str:
    return next(iter(found.get(name, [])), "")


def scheduler_of(commands: list[str], qstat: str) -> str:
    """The AiiDA scheduler whose commands are installed; core.direct if there are none."""
    if "sbatch" in commands:
        return slurm.NAME
    if "bsub" in commands:
        return "core.lsf"
    if "qsub" not in commands:
        return DIRECT
    if "qconf" in commands:
        return "core.sge"
    return "core.pbspro" if "pbs" in qstat.lower() else "core.torque"


def _notes(found: dict[str, list[str]], scheduler: str, *, has_partitions: bool) -> list[str]:
    if scheduler == DIRECT:
        return ["No scheduler was found: jobs would start at once, on this host."]
    if scheduler not in slurm.NAMES:
        return [f"Partitions and accounts can be read only from SLURM, not from {scheduler}."]
    notes = [] if has_partitions else ["sinfo lists no partitions: the scheduler may be down."]
    if not found.get("accounts"):
        notes.append("Accounts are unknown: SLURM accounting is missing or does not answer.")
    return notes
