"""Scheduler `crystalmath.slurm`: AiiDA's for SLURM, but each job is handed over once."""

from aiida.schedulers.plugins.slurm import SlurmScheduler

from crystalmath_server.domain.slurm_once import once


class SlurmOnceScheduler(SlurmScheduler):
    """AiiDA submits again where its worker died before it saved the number; that finds the first job."""

    def _get_submit_command(self, submit_script: str) -> str:
        return once(super()._get_submit_command(submit_script))
