# The verbs of the house. `make` alone lists them; demo and test do their own set-up in .venv.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test check docs soak bench reference lock clean

help: ## list these verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

define set_up
	@$(PY) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tocsin needs Python 3.11 or newer; name one with: make PY=python3.12")'
	@$(PY) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3-venv is missing. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 3; }
	@$(PY) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
endef

$(RUN): pyproject.toml requirements.lock
	$(call set_up,requirements.lock)

$(DEV): pyproject.toml requirements-dev.lock
	$(call set_up,requirements-dev.lock)

demo: $(RUN) ## real AI incidents, a signed report, a receipt that anyone can check, the trend before and after (ONCE=1 ends there)
	@$(BIN)/tocsin-hub demo $(if $(ONCE),--once,) $(ARGS)

test: $(DEV) ## the tests a user's machine can run, under 3 minutes
	@$(BIN)/pytest -q -n auto -m "not slow and not soak" $(ARGS)

check: $(DEV) ## format, lint, types, floors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(DEV) ## the documentation site, into docs/_build/html
	@$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

soak: $(DEV) ## the long ones: fuzzing and many rounds of kill -9 (half an hour)
	@TOCSIN_SOAK=1 $(BIN)/pytest -q -s -m soak $(ARGS)

bench: $(DEV) ## the figures we publish, as JSON lines with their ratio
	@$(BIN)/python -m pytest -q -s tests/bench -m "" -p no:cacheprovider -o python_files="bench_*.py" $(ARGS)

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
reference: $(DEV) ## rewrite the reference pages that follow from the code
	@$(BIN)/python tests/house/reference.py

lock: ## make both lock files anew (needs uv): what runs a hub and the demo, and that with every tool of a developer
	@$(LOCK) --upgrade --all-extras -o requirements-dev.lock pyproject.toml
	@$(LOCK) --upgrade --extra hub --extra postgres --extra demo -c requirements-dev.lock -o requirements.lock pyproject.toml

clean: ## remove what the verbs made
	@rm -rf $(VENV) docs/_build .pytest_cache .mypy_cache .ruff_cache
