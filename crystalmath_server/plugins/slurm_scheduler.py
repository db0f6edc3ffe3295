"""Scheduler `crystalmath.slurm`: AiiDA's SLURM plugin with single submission and clear failure reasons."""

from typing import Any

from aiida.engine import ExitCode
from aiida.schedulers.plugins.slurm import SlurmScheduler

from crystalmath_server.domain.clusters.slurm_end import end, refusal, state
from crystalmath_server.domain.clusters.slurm_once import once
from crystalmath_server.domain.exit_status import ExitStatus


class SlurmOnceScheduler(SlurmScheduler):
    """SLURM with idempotent submission: if AiiDA submits again after a crash, the first job is found."""

    def _get_submit_command(self, submit_script: str) -> str:
        return once(super()._get_submit_command(submit_script))

    def _parse_submit_output(self, retval: int, stdout: str, stderr: str) -> str | ExitCode:
        """End the job if the scheduler rejects it, since further attempts would fail as well."""
        why = refusal(stderr) if retval else ""
        if why:
            return ExitCode(int(ExitStatus.REFUSED), ExitStatus.REFUSED.message.format(reason=why))
        return super()._parse_submit_output(retval, stdout, stderr)

    def _get_detailed_job_info_command(self, job_id: str) -> str:
        """Query scontrol, which keeps jobs for minutes, or accounting, which lags but keeps them longer."""
        accounting = super()._get_detailed_job_info_command(job_id)
        return f"scontrol show job --oneliner {job_id} 2>/dev/null || {accounting}"

    def parse_output(
        self,
        detailed_job_info: dict[str, Any] | None = None,
        stdout: str | None = None,
        stderr: str | None = None,
    ) -> ExitCode | None:
        """How the job ended, from SLURM's state, or else from the messages in stderr."""
        found = end(state(str((detailed_job_info or {}).get("stdout", ""))))
        return ExitCode(int(found[0]), found[1]) if found else super().parse_output(None, stdout, stderr)
