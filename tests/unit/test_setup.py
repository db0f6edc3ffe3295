"""scripts/setup chooses torch by the machine and says what it would download; --dry-run does no more."""

import os
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
TORCH = next(
    line.removeprefix("TORCH=")
    for line in (ROOT / "scripts/setup").read_text(encoding="utf-8").splitlines()
    if line.startswith("TORCH=")
)
NVIDIA_SMI = "#!/bin/sh\necho 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1)'\n"
NVIDIA_SMI_WITHOUT_DRIVER = "#!/bin/sh\necho 'NVIDIA-SMI has failed' >&2\nexit 9\n"
ROCM_SMI = "#!/bin/sh\necho 'GPU[0] : Device Name: AMD Instinct MI210'\n"

LOCK = [Requirement(line) for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


class Machine:
    """A copy of the project without .venv; no GPU, no wheel and no index until they are added."""

    def __init__(self, root: Path) -> None:
        self.project, self.programs, self.devices = root / "project", root / "bin", root / "dev"
        self.wheels, self.index = root / "wheels", "http://127.0.0.1:9"
        for folder in (self.project / "scripts", self.programs, self.devices, self.wheels):
            folder.mkdir(parents=True)
        shutil.copy(ROOT / "scripts/setup", self.project / "scripts/setup")
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.project / name)
        self.add_program("uname", "#!/bin/sh\necho Linux\n")

    def add_program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def add_device(self, name: str) -> None:
        (self.devices / name).touch()

    def add_wheel(self) -> None:
        """The smallest that pip takes for torch's build for the processor alone."""
        version = f"{TORCH}+cpu"
        with zipfile.ZipFile(self.wheels / f"torch-{version}-py3-none-any.whl", "w") as wheel:
            about = f"torch-{version}.dist-info"
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")

    def plan(self, *options: str) -> str:
        """What `scripts/setup --dry-run` says."""
        environ = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "PYTHON": sys.executable,
            "HOME": os.environ["HOME"],
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(self.wheels),
            "CRYSTALMATH_SETUP_DEV": str(self.devices),
            "TORCH_CPU_INDEX": self.index,
        }
        command = [str(self.project / "scripts/setup"), "--dry-run", *options]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
        assert not (self.project / ".venv").exists()
        return done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def index(machine: Machine) -> Iterator[str]:
    """An index that answers; what it holds is not asked before the installation."""
    with ThreadingHTTPServer(("127.0.0.1", 0), AnyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        machine.index = f"http://127.0.0.1:{server.server_port}/whl/cpu"
        yield machine.index
        server.shutdown()


class AnyPage(BaseHTTPRequestHandler):
    """Answers every address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the class's
        """Say nothing."""


@pytest.mark.usefixtures("index")
def test_without_a_gpu_a_wheel_of_this_machine_comes_first(machine: Machine) -> None:
    machine.add_wheel()
    assert "a wheel of this machine, nothing to download" in machine.plan()


def test_without_a_gpu_the_index_of_builds_for_the_processor_comes_next(machine: Machine, index: str) -> None:
    assert f"for the processor alone: about 0.2 GB from {index}" in machine.plan()


def test_where_neither_is_there_the_gigabytes_and_the_ways_out_are_said(machine: Machine) -> None:
    told = machine.plan()
    assert "No GPU was found" in told
    assert "about 3 GB to download" in told
    for way_out in ("--no-ml", "$TORCH_CPU_INDEX", "$PIP_FIND_LINKS"):
        assert way_out in told


@pytest.mark.parametrize("name,text", [("nvidia-smi", NVIDIA_SMI), ("rocm-smi", ROCM_SMI)])
def test_a_program_that_sees_a_gpu_brings_its_libraries(machine: Machine, name: str, text: str) -> None:
    machine.add_wheel()
    machine.add_program(name, text)
    assert "with its GPU libraries: about 3 GB" in machine.plan()
    assert "a wheel of this machine" in machine.plan("--cpu")


@pytest.mark.parametrize("name", ["nvidia0", "kfd"])
def test_so_does_a_device(machine: Machine, name: str) -> None:
    machine.add_wheel()
    machine.add_device(name)
    assert "with its GPU libraries: about 3 GB" in machine.plan()


def test_nvidias_program_without_a_driver_is_no_gpu(machine: Machine) -> None:
    machine.add_wheel()
    machine.add_program("nvidia-smi", NVIDIA_SMI_WITHOUT_DRIVER)
    assert "a wheel of this machine" in machine.plan()


def test_the_libraries_come_where_they_are_asked_for(machine: Machine) -> None:
    machine.add_wheel()
    assert "with its GPU libraries: about 3 GB" in machine.plan("--gpu")


def test_a_mac_has_one_build(machine: Machine) -> None:
    machine.add_program("uname", "#!/bin/sh\necho Darwin\n")
    assert "about 0.1 GB by pip" in machine.plan()


def test_without_ml_there_is_no_torch(machine: Machine) -> None:
    told = machine.plan("--no-ml")
    assert "No torch" in told
    assert "about 0.4 GB" in told


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_serves_every_python(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}

    def applies(requirement: Requirement) -> bool:
        return requirement.marker is None or requirement.marker.evaluate(environment)

    pins = {pin.name: pin.specifier for pin in LOCK if applies(pin)}
    extras = PROJECT["optional-dependencies"]
    asked = [Requirement(line) for line in (*PROJECT["dependencies"], *extras["server"], *extras["dev"])]
    for requirement in filter(applies, asked):
        if requirement.name != PROJECT["name"]:
            version = str(pins[requirement.name]).removeprefix("==")
            assert version in requirement.specifier, requirement
    assert (str(pins["atomate2"]) == "==0.1.5") is (python == "3.11")


def test_gpaw_says_what_it_downloads(machine: Machine) -> None:
    machine.add_program("c++", "#!/bin/sh\nexit 1\n")
    told = machine.plan("--gpaw")
    assert "g++ libxc-dev libopenblas-dev" in told
    assert "80 MB of PAW datasets" in told
    machine.add_program("c++", "#!/bin/sh\nexit 0\n")
    told = machine.plan("--gpaw")
    assert "libxc-dev" not in told
    assert "GPAW" not in machine.plan()


def test_gpaw_without_torch_is_refused(machine: Machine) -> None:
    command = [str(machine.project / "scripts/setup"), "--dry-run", "--no-ml", "--gpaw"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "--gpaw and --no-ml exclude each other" in done.stderr
