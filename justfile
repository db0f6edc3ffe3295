# Command index; each entry calls one tool or script.

# list the commands
default:
    @just --list

# open the terminal interface, or run a command
run *args:
    scripts/run {{args}}

# relax a crystal without the terminal interface
demo *args:
    scripts/run --demo {{args}}

# create .venv with the development tools
setup:
    scripts/setup --dev

# check format, lint, types, layers, spelling and documentation
check:
    scripts/check

# fix what the tools can fix
fix:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# run all tests, or the tests given as arguments
test *args:
    scripts/test {{args}}

# run the benchmarks
bench *args:
    scripts/bench {{args}}

# build the documentation site, or serve it: just docs serve
docs *args="build":
    scripts/docs {{args}}

# pin the newest versions of all dependencies
lock:
    scripts/lock
