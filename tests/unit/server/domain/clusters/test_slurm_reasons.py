"""Reasons of SLURM in words."""

import pytest

from crystalmath_server.domain.clusters.slurm_reasons import why


@pytest.mark.parametrize(
    "reason,words",
    [
        ("Priority", "higher priority"),
        ("(PartitionDown)", "closed"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "down or reserved"),
        ("QOSMaxJobsPerUserLimit", "limit of your account"),
        ("AssocGrpCpuLimit", "limit of your account"),
        ("SomethingNew", "SomethingNew"),
    ],
)
def test_words(reason: str, words: str) -> None:
    assert words in why(reason)


def test_no_reason_is_no_words() -> None:
    assert why("") == ""
