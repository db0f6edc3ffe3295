"""A shell command that submits a job to SLURM only once, however often it runs in the job's folder; pure."""

import shlex

LONGEST_WAIT_S = 300
"""How long to wait for an sbatch that is still running [s]."""

_SCRIPT = """\
trap '' HUP PIPE
f=.crystalmath-sbatch
here=$(hostname)
at_work() {{
    read -r pid host <"$f.begun" || return 1
    [ "$host" != "$here" ] && [ $waited -lt 30 ] && return 0
    [ "$host" = "$here" ] && kill -0 "$pid" 2>/dev/null
}}
known() {{
    jobs=$(squeue --noheader --states=all --user="$(id -un)" --format='%i|%Z') || exit 1
    [ -n "$jobs" ] || jobs=$(sacct --noheader --parsable2 --allocations --format=JobID,WorkDir 2>/dev/null)
    printf '%s\\n' "$jobs" | awk -F'|' -v d="$(pwd -P)" '$2 == d {{ print "Submitted batch job " $1; exit }}'
}}
if ! (set -C; echo "$$ $here" >"$f.begun") 2>/dev/null; then
    waited=0
    while [ ! -s "$f.id" ] && at_work && [ $waited -lt {longest} ]; do sleep 1; waited=$((waited + 1)); done
    if [ ! -s "$f.id" ]; then said=$(known) || exit 1; [ -z "$said" ] || echo "$said" >"$f.id"; fi
    if [ -s "$f.id" ]; then cat "$f.id"; exit 0; fi
    echo "$$ $here" >"$f.begun"
fi
{submit} >"$f.out" 2>"$f.err"
status=$?
cat "$f.err" >&2
[ $status -ne 0 ] || mv "$f.out" "$f.id"
cat "$f.id" 2>/dev/null || cat "$f.out"
exit $status"""


def once(submit: str) -> str:
    """The command that runs `submit`, e.g. "sbatch job.sh", only once.

    The answer of sbatch is kept in the folder, so a second run returns the same answer. If the first run is
    still in progress, the second waits for it; if the first was interrupted, SLURM is asked for a job with
    this folder.
    """
    return f"sh -c {shlex.quote(_SCRIPT.format(submit=submit, longest=LONGEST_WAIT_S))}"
