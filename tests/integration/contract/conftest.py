"""Each test of this folder runs on the fakes and on the real adapters."""

from collections.abc import Iterator

import pytest

from tests.worlds import FakeWorld, RealWorld


@pytest.fixture(scope="module", params=["fake", "real"])
def world(request: pytest.FixtureRequest) -> Iterator[FakeWorld | RealWorld]:
    """All ports of one kind."""
    made = FakeWorld() if request.param == "fake" else RealWorld(request.getfixturevalue("runtime"))
    yield made
    made.close()
