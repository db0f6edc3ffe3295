"""The batch script of a plan by AiiDA's own dry run; on the AiiDA thread."""

from typing import Any

from crystalmath_server.adapters.aiida.computers import knows_python
from crystalmath_server.adapters.aiida.submit.builders import builder_of
from crystalmath_server.domain.jobs.plans import JobPlan

NO_NUMBER, NUMBER = "aiida-None", "aiida-PK"


def script_of(plan: JobPlan) -> str:
    """What AiiDA would hand to the scheduler; nothing is stored.

    AiiDA's own dry run leaves a folder in the working directory; this is the step of it that makes the
    script. Raises what `builder_of` raises.
    """
    from aiida.common.folders import SandboxFolder
    from aiida.engine.utils import instantiate_process
    from aiida.manage import get_manager

    if not plan.prepared.potcar and not knows_python(plan.spec.cluster):
        return ""  # computer and code are stored with the first job
    builder: Any = builder_of(plan)
    builder.metadata.dry_run = True
    builder.metadata.store_provenance = False
    runner: Any = get_manager().get_runner()
    process: Any = instantiate_process(runner, builder)
    try:
        with SandboxFolder() as folder:
            process.presubmit(folder)
            with folder.open(process.node.get_option("submit_script_filename"), encoding="utf-8") as script:
                return script.read().replace(NO_NUMBER, NUMBER)
    finally:
        process.close()
