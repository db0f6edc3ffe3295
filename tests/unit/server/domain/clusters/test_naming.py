"""The names that clusters and codes may have."""

import pytest

from crystalmath_server.domain.clusters.naming import check_cluster_label, check_code
from crystalmath_server.protocol.errors import InvalidForm

PATH = "/opt/vasp/bin/vasp_std"


@pytest.mark.parametrize("label", ["hpc", "7", "daint.alps", "my-cluster_2"])
def test_valid_labels(label: str) -> None:
    check_cluster_label(label, (), "label")
    check_code(label, PATH, "hpc")


@pytest.mark.parametrize("label", ["", "-hpc", ".hpc", "my cluster", "a@b", "a/b"])
def test_invalid_labels(label: str) -> None:
    with pytest.raises(InvalidForm) as error:
        check_cluster_label(label, (), "new_label")
    assert error.value.data.field == "new_label"
    with pytest.raises(InvalidForm) as error:
        check_code(label, PATH, "hpc")
    assert error.value.data.field == "label"


def test_only_the_label_of_a_code_may_contain_a_plus() -> None:
    check_code("vasp_std+vtst", PATH, "hpc")
    with pytest.raises(InvalidForm):
        check_cluster_label("hpc+gpu", (), "label")
