"""A program: a page of 100 jobs by QueryBuilder, timed in a process that has AiiDA loaded; prints [ms]."""

import sys
import time


def main(rounds: int) -> None:
    """The projections of the list of jobs, newest first."""
    from aiida import load_profile, orm

    load_profile()
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        query = orm.QueryBuilder()
        project = [
            "id",
            "uuid",
            "label",
            "ctime",
            "mtime",
            "attributes.process_state",
            "attributes.exit_status",
        ]
        query.append(orm.ProcessNode, project=project, tag="job")
        query.append(orm.Computer, with_node="job", project="label")
        query.order_by({"job": {"id": "desc"}}).limit(100).all()
        times.append(1000 * (time.perf_counter() - started))
    print(sorted(times[1:])[len(times[1:]) // 2])


if __name__ == "__main__":
    main(int(sys.argv[1]))
