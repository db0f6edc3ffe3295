"""What clusters and codes may be called."""

import pytest

from crystalmath_server.domain.clusters.labels import check_cluster, check_code
from crystalmath_server.protocol.errors import InvalidForm


@pytest.mark.parametrize("label", ["hpc", "7", "daint.alps", "my-cluster_2"])
def test_labels_that_both_may_have(label: str) -> None:
    check_cluster(label, "label")
    check_code(label, "label")


@pytest.mark.parametrize("label", ["", "-hpc", ".hpc", "my cluster", "a@b", "a/b"])
def test_labels_that_neither_may_have(label: str) -> None:
    for check in (check_cluster, check_code):
        with pytest.raises(InvalidForm) as error:
            check(label, "new_label")
        assert error.value.data.field == "new_label"


def test_a_code_may_name_what_is_built_in() -> None:
    check_code("vasp_std+vtst", "label")
    with pytest.raises(InvalidForm):
        check_cluster("hpc+gpu", "label")
