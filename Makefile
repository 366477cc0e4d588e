# make setup | demo | test | check | bench. Each prints what it does; all but setup call setup first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= workspace
STAMP := $(VENV)/.ready

.PHONY: setup demo test check bench format lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "greenaisle needs Python 3.11 or newer")'
	@echo "setup: an environment in $(VENV), with the pinned packages of requirements.lock"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(STAMP)

# CHECK=1 compares the fresh report with the committed one and tries the app without opening it.
demo: setup
	@echo "demo: Complete Journey -> footprints -> relevance -> trade-off -> report and frontier -> app, in $(WORKSPACE)/"
	@$(BIN)/greenaisle demo --workspace $(WORKSPACE) $(if $(CHECK),--check)

test: setup
	@command -v chromium >/dev/null 2>&1 || test -n "$$CI" || echo "test: the browser tests are left out, since there is no chromium here"
	@echo "test: unit, property and end-to-end tests, and the examples in the documents"
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations 12

check: setup
	@echo "check: ruff (lint, format) and mypy (types)"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup
	@echo "bench: speed as ratios in one run"
	@$(BIN)/python -m benchmarks

format: setup
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# needs uv; writes names, versions and hashes, and no registry host
lock:
	uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header --no-annotate --quiet -o requirements.lock

clean:
	rm -rf $(VENV) workspace dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
