"""A program: the CalcJob of an earlier job again, by AiiDA alone; prints the time of a job [s].  PK COUNT"""

import sys
import time
from typing import Any


def main(pk: int, count: int) -> None:
    """Submit with inputs of their own, as ours have, and wait until all have ended."""
    from aiida import load_profile, orm
    from aiida.engine import submit

    load_profile()
    before: Any = orm.load_node(pk)
    started = time.perf_counter()
    pks: list[Any] = []
    for _ in range(count):
        builder = before.get_builder_restart()
        for name in ("files", "maker", "potcar", "settings"):
            setattr(builder, name, before.inputs[name].clone())
        pks.append(submit(builder).pk)
    filters = {"id": {"in": pks}, "attributes.process_state": {"in": ["finished", "excepted", "killed"]}}
    while orm.QueryBuilder().append(orm.CalcJobNode, filters=filters).count() != count:
        time.sleep(0.1)
    print((time.perf_counter() - started) / count)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
