# The verbs of the house. `make` alone lists them; demo and test do their own set-up in .venv.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check bench reference lock clean

help: ## list these verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(STAMP): pyproject.toml requirements.lock
	@$(PY) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tocsin needs Python 3.11 or newer; name one with: make PY=python3.12")'
	@$(PY) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3-venv is missing. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 3; }
	@$(PY) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: $(STAMP) ## real AI incidents, a signed report, a receipt that anyone can check, the trend before and after (ONCE=1 ends there)
	@$(BIN)/tocsin-hub demo $(if $(ONCE),--once,) $(ARGS)

test: $(STAMP) ## the tests a user's machine can run, under 3 minutes
	@$(BIN)/pytest -q -m "not slow" $(ARGS)

check: $(STAMP) ## format, lint, types, floors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(STAMP) ## the figures we publish, as JSON lines with their ratio
	@$(BIN)/python -m pytest -q -s tests/bench -m "" --override-ini=testpaths=tests/bench $(ARGS)

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
reference: $(STAMP) ## rewrite the reference pages that follow from the code
	@$(BIN)/python tests/house/reference.py

lock: ## make both lock files anew (needs uv): all of it, and what the container image needs
	@$(LOCK) --all-extras -o requirements.lock pyproject.toml
	@$(LOCK) --extra hub --extra postgres -o requirements-hub.lock pyproject.toml

clean: ## remove what the verbs made
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
