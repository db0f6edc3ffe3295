"""Explanations of SLURM's reasons for a pending job; pure."""

WORDS = {
    "Priority": "jobs with higher priority are ahead of it",
    "Resources": "it is next and waits for free nodes",
    "None": "the scheduler has not considered it yet",
    "PartitionDown": "its partition is closed: ask the administrators, or submit to another partition",
    "PartitionInactive": "its partition accepts no jobs: ask the administrators, or submit to another one",
    "PartitionTimeLimit": "it requests more time than its partition allows: resubmit it with less",
    "PartitionNodeLimit": "it requests more nodes than its partition allows: resubmit it with fewer",
    "ReqNodeNotAvail": "nodes that it needs are down or reserved",
    "Reservation": "it waits for its reservation",
    "BeginTime": "its start time has not come yet (for example after a node failure)",
    "Dependency": "it waits for another job",
    "DependencyNeverSatisfied": "the job that it waits for failed, so it can never start: kill it",
    "JobHeldUser": "its user put it on hold: scontrol release",
    "JobHeldAdmin": "an administrator put it on hold",
    "NodeDown": "a node that it needs is down",
    "InvalidAccount": "its account is unknown: resubmit it with another account",
    "InvalidQOS": "its QOS is unknown: resubmit it with another QOS",
    "Licenses": "it waits for a license",
    "Cleaning": "its previous run is still being cleaned up",
}
_LIMITS = ("QOS", "Assoc", "MaxCpu", "MaxJobs")


def why(reason: str) -> str:
    """The explanation of a reason reported by `squeue`; the reason itself if it is unknown."""
    plain = reason.strip("() ").partition(",")[0]
    if plain in WORDS:
        return WORDS[plain]
    if plain.startswith(_LIMITS):
        return f"a limit of your account or its QOS is reached ({plain})"
    return plain
