"""Scheduler `crystalmath.slurm`: AiiDA's, but hands a job over once and tells why it was refused or ended."""

from typing import Any

from aiida.engine import ExitCode
from aiida.schedulers.plugins.slurm import SlurmScheduler

from crystalmath_server.domain.clusters.slurm_end import end, refusal, state
from crystalmath_server.domain.clusters.slurm_once import once
from crystalmath_server.domain.exit_status import ExitStatus


class SlurmOnceScheduler(SlurmScheduler):
    """AiiDA submits again where its worker died before it saved the number; that finds the first job."""

    def _get_submit_command(self, submit_script: str) -> str:
        return once(super()._get_submit_command(submit_script))

    def _parse_submit_output(self, retval: int, stdout: str, stderr: str) -> str | ExitCode:
        """A refusal ends the job at once: it would be refused again and again."""
        why = refusal(stderr) if retval else ""
        if why:
            return ExitCode(int(ExitStatus.REFUSED), ExitStatus.REFUSED.message.format(reason=why))
        return super()._parse_submit_output(retval, stdout, stderr)

    def _get_detailed_job_info_command(self, job_id: str) -> str:
        """SLURM itself remembers a job for minutes; its accounting, where there is one, lags and keeps it."""
        accounting = super()._get_detailed_job_info_command(job_id)
        return f"scontrol show job --oneliner {job_id} 2>/dev/null || {accounting}"

    def parse_output(
        self,
        detailed_job_info: dict[str, Any] | None = None,
        stdout: str | None = None,
        stderr: str | None = None,
    ) -> ExitCode | None:
        """How it ended, as SLURM has it; else as the messages in stderr have it."""
        found = end(state(str((detailed_job_info or {}).get("stdout", ""))))
        return ExitCode(int(found[0]), found[1]) if found else super().parse_output(None, stdout, stderr)
