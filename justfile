# The index of commands; each is one line to a tool or a script.

# list the commands
default:
    @just --list

# open the terminal interface, or run a command
run *args:
    scripts/run {{args}}

# relax a crystal without a screen
demo *args:
    scripts/run --demo {{args}}

# make .venv with the tools
setup:
    scripts/setup --dev

# format, lint, types, layers, spelling, documents
check:
    scripts/check

# mend what tools can mend
fix:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# all tests, or what the arguments name
test *args:
    scripts/test {{args}}

# benchmarks
bench *args:
    scripts/bench {{args}}

# build the documentation site, or serve it: just docs serve
docs *args="build":
    scripts/docs {{args}}

# pin the newest versions
lock:
    scripts/lock
