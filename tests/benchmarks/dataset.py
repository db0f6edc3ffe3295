"""A program: fill an embedded profile with synthetic finished jobs.  dataset.py COUNT"""

import random
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

BATCH = 20_000
STATES = ("finished",) * 90 + ("excepted",) * 4 + ("killed",) * 6


def main(count: int) -> None:
    """Insert rows as AiiDA's storage would hold them; existing ones count."""
    from aiida import load_profile, orm
    from aiida.manage import get_manager
    from aiida.orm.entities import EntityTypes

    load_profile()
    storage = get_manager().get_profile_storage()
    user: Any = orm.User.collection.get_default()
    label = "bench"
    computer: Any = orm.QueryBuilder().append(orm.Computer, filters={"label": label}).first(flat=True)
    if computer is None:
        computer = orm.Computer(label, "localhost", "", "core.local", "core.direct", workdir="/tmp").store()
    there = orm.QueryBuilder().append(orm.CalcJobNode).count()
    dice = random.Random(1)
    for begin in range(there, count, BATCH):
        rows = [_row(i, user.pk, computer.pk, dice) for i in range(begin, min(begin + BATCH, count))]
        with storage.transaction():
            storage.bulk_insert(EntityTypes.NODE, rows)


def _row(number: int, user: int, computer: int, dice: random.Random) -> dict[str, object]:
    state = STATES[dice.randrange(100)]
    when = datetime.now(UTC) - timedelta(seconds=30 * (1_000_000 - number))
    attributes: dict[str, object] = {
        "process_state": state,
        "process_label": "JobflowCalculation",
        "sealed": True,
        "crystalmath_template": "emt.relax",
        "crystalmath_formula": dice.choice(("Cu4", "Al4", "Ni4Al12", "Si8")),
    }
    if state == "finished":
        attributes["exit_status"] = 0 if dice.random() < 0.95 else 320
    return {
        "uuid": str(uuid.uuid4()), "node_type": "process.calculation.calcjob.CalcJobNode.",
        "process_type": "aiida.calculations:crystalmath.jobflow", "label": f"job {number}", "description": "",
        "ctime": when, "mtime": when, "attributes": attributes, "extras": {}, "repository_metadata": {},
        "user_id": user, "dbcomputer_id": computer,
    }  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
