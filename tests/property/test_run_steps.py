"""However the files of a run are cut into chunks and mixed, the steps are the same."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.domain.vasp_run.steps import OSZICAR, OUTCAR, AseSteps, Steps, VaspSteps

CYCLES = (("DAV", 1, -10.0, -10.0), ("RMM", 2, -10.5, -0.5))


def oszicar(steps: int) -> bytes:
    rows: list[str] = []
    for n in range(1, steps + 1):
        rows.append(
            "       N       E                     dE             d eps       ncg     rms          rms(c)"
        )
        rows += [
            f"{name}: {i:3d}    {e:.12E}   {d:.5E}   -0.1E-03   12   0.1E-01" for name, i, e, d in CYCLES
        ]
        rows.append(f"   {n} F= {-10 - n:.8E} E0= {-10.5 - n:.8E}  d E =-.1000E-03")
    return "".join(f"{row}\n" for row in rows).encode()


def outcar(steps: int) -> bytes:
    text = "   NELM   =     60;   NELMIN=  2; NELMDL= -5\n   NSW    =     99    number of steps for IOM\n"
    text += "   IBRION =      2    ionic relax\n  EDIFFG = -.1E-01   stopping-criterion for IOM\n"
    for n in range(1, steps + 1):
        text += "      LOOP:  cpu time    1.2: real time    1.5\n" * len(CYCLES)
        text += " POSITION                                       TOTAL-FORCE (eV/Angst)\n " + "-" * 40
        text += f"\n 0.0 0.0 0.0 0.0 {0.3 / n:.6f} {-0.4 / n:.6f}\n 1.0 1.0 1.0 0.0 0.0 0.1\n " + "-" * 40
        text += f"\n    total drift: 9.0 9.0 9.0\n     LOOP+:  cpu time    3.0: real time    {3 + n}.25\n"
    return text.encode()


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(st.integers(1, 6), CUTS, CUTS, st.randoms(use_true_random=False))
def test_vasp(steps: int, one: list[int], other: list[int], chance: object) -> None:
    whole = VaspSteps()
    whole.feed(OSZICAR, oszicar(steps))
    whole.feed(OUTCAR, outcar(steps))
    mixed = VaspSteps()
    left = {OSZICAR: pieces(oszicar(steps), one), OUTCAR: pieces(outcar(steps), other)}
    while any(left.values()):
        name = chance.choice([name for name, parts in left.items() if parts])  # type: ignore[attr-defined]
        mixed.feed(name, left[name].pop(0))
    assert mixed.steps == whole.steps
    told: Steps = whole.steps
    assert (told.done, told.most, told.most_cycles, told.cycle, told.moves) == (
        steps,
        99,
        60,
        2,
        "relaxation",
    )
    assert told.force_limit_ev_a == 0.01
    last = told.steps[-1]
    assert (last.energy_ev, last.seconds) == (-10.5 - steps, 3.25 + steps)
    assert last.max_force_ev_a is not None
    assert abs(last.max_force_ev_a - max(0.5 / steps, 0.1)) < 1e-5
    assert list(told.intervals) == [1.5] * min(2 * steps, 20)


@given(st.integers(0, 8), CUTS)
def test_ase(steps: int, cuts: list[int]) -> None:
    rows = [
        f'{{"step": {n}, "energy_ev": {-n}.5, "max_force_ev_a": 0.{n}, "time_s": {2 * n}.0}}\n'
        for n in range(steps)
    ]
    data = "".join(rows).encode() + b"no json\n[1]\n{}\n"
    whole, cut = AseSteps("x"), AseSteps("x")
    whole.feed("x", data)
    for piece in pieces(data, cuts):
        cut.feed("x", piece)
    assert cut.steps == whole.steps
    assert len(whole.steps.steps) == steps
    assert list(whole.steps.intervals) == [2.0] * max(0, steps - 1)


@given(st.binary(max_size=400))
def test_noise_does_no_harm(data: bytes) -> None:
    for reader, names in ((VaspSteps(), (OSZICAR, OUTCAR)), (AseSteps("x"), ("x",))):
        for name in names:
            reader.feed(name, data)
            reader.feed(name, b"\n POSITION   TOTAL-FORCE (eV/Angst)\n---\n" + data + b"\n----\n")
