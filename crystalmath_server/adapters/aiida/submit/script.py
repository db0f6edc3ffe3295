"""The batch script for a plan, from AiiDA's dry run; runs on the AiiDA thread."""

from typing import Any

from crystalmath_server.adapters.aiida.computers import knows_python
from crystalmath_server.adapters.aiida.submit.builders import builder_of
from crystalmath_server.domain.jobs.plans import JobPlan

NO_NUMBER, NUMBER = "aiida-None", "aiida-PK"


def script_of(plan: JobPlan) -> str:
    """The script that AiiDA would submit to the scheduler; stores nothing. Empty for a flow, which has many.

    AiiDA's own dry run leaves a folder in the working directory; this function runs only the step that
    writes the script. Raises the same errors as `builder_of`.
    """
    from aiida.common.folders import SandboxFolder
    from aiida.engine.utils import instantiate_process
    from aiida.manage import get_manager

    if plan.prepared.flow:
        return ""
    if not plan.prepared.potcar and not knows_python(plan.spec.cluster):
        return ""  # no computer or code is stored until the first job
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
