# Every target sets up what it needs; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIN := requirements/constraints.txt
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(PIN)
# As pip does for what it installs: else, where Python may not write bytecode, every start compiles anew.
COMPILE = $(BIN)/python -m compileall -q tracer simulator tui captures
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long test-suites test-matrix check bench format shots clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(BIN)/python:
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "hopscope needs Python 3.11 to 3.13, this is %d.%d: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml $(PIN) | $(BIN)/python
	@echo "setting up: hopscope and the servers of the demo into $(VENV)" >&2
	$(INSTALL) -e '.[demo]'
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: pyproject.toml $(PIN) requirements/dev.txt | $(BIN)/python
	@echo "setting up: hopscope, the servers and the tools of development into $(VENV)" >&2
	$(INSTALL) -e '.[demo,png]' -r requirements/dev.txt
	@$(COMPILE)
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@echo "setting up: what the benchmarks compare with" >&2
	$(INSTALL) -r requirements/bench.txt
	@touch $@

setup: $(VENV)/.dev  ## the whole development environment

demo: $(VENV)/.demo  ## record a real gunicorn and a real uvicorn, play both side by side (ARGS=--text for a table)
	@$(BIN)/tracer demo $(ARGS)

test: $(VENV)/.dev  ## the tests, with real servers (a quarter of an hour)
	$(BIN)/python -m pytest -m 'not long' $(ARGS)

test-long: $(VENV)/.dev  ## the tests with the full counts of kills, fuzzing and replications
	HOPSCOPE_LONG=1 $(BIN)/python -m pytest $(ARGS)

.venv-suites/.done: requirements/suites.txt
	$(PYTHON) -m venv .venv-suites
	.venv-suites/bin/python -m pip install --quiet --disable-pip-version-check -c $(PIN) -r requirements/suites.txt
	@touch $@

test-suites: .venv-suites/.done  ## the test suites of uvicorn, gunicorn and Starlette, with the agent and without
	.venv-suites/bin/python tests/suites.py $(ARGS)

test-matrix:  ## the tests under Python 3.11, 3.12 and 3.13
	@for v in 3.11 3.12 3.13; do \
	  $(MAKE) test VENV=.venv-$$v PYTHON="$$(command -v python$$v || ls -d $$HOME/.pyenv/versions/$$v*/bin/python | tail -n 1)" ARGS='$(ARGS)' || exit 1; \
	done

check: $(VENV)/.dev  ## format, lint, types and the layers of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench  ## every figure that the project claims, the peer in the same run
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

shots: $(VENV)/.dev  ## the pictures of the README, from the recordings in captures/
	$(BIN)/python docs/images/shots.py

clean:  ## remove environments and caches
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
