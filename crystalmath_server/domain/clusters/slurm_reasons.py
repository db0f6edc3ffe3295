"""Why SLURM lets a job wait, in words; pure."""

WORDS = {
    "Priority": "jobs of higher priority are before it",
    "Resources": "it is next, and waits for free nodes",
    "None": "the scheduler has not looked at it yet",
    "PartitionDown": "its partition is closed: ask the administrators, or submit to another one",
    "PartitionInactive": "its partition takes no jobs: ask the administrators, or submit to another one",
    "PartitionTimeLimit": "it asks for more time than its partition gives: submit it with less",
    "PartitionNodeLimit": "it asks for more nodes than its partition gives: submit it with fewer",
    "ReqNodeNotAvail": "nodes that it needs are down or reserved",
    "Reservation": "it waits for its reservation",
    "BeginTime": "its time to begin has not come, as after a node failed",
    "Dependency": "it waits for another job",
    "DependencyNeverSatisfied": "the job that it waits for failed: kill it",
    "JobHeldUser": "it was held by its user: scontrol release",
    "JobHeldAdmin": "it was held by an administrator",
    "NodeDown": "a node that it needs is down",
    "InvalidAccount": "its account is not known: submit it with another one",
    "InvalidQOS": "its quality of service is not known: submit it with another one",
    "Licenses": "it waits for a license",
    "Cleaning": "it ran before and is being cleaned up",
}
_LIMITS = ("QOS", "Assoc", "MaxCpu", "MaxJobs")


def why(reason: str) -> str:
    """Words for a reason as `squeue` gives it; the reason itself where there are none."""
    plain = reason.strip("() ").partition(",")[0]
    if plain in WORDS:
        return WORDS[plain]
    if plain.startswith(_LIMITS):
        return f"a limit of your account or its quality of service is reached ({plain})"
    return plain
