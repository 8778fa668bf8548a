# Signet: what can be done here. A bare `make` lists it.
#
# Every target sets up .venv by itself, from the exact pins of requirements.txt. All it needs is Python >= 3.11;
# another interpreter than python3 is named so: make PYTHON=python3.13 test

PYTHON ?= python3
WORKERS ?= 2
ARGS ?=
SEED := $(or $(SEED),$(shell date +%s))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv run demo test test-long test-night test-night-sample check coverage format generate bench lock clean

help: ## List the targets
	@echo "Signet: review, filing and due process of public accounts, behind one GraphQL API."
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/\1|\2/p' Makefile | while IFS='|' read -r target words; do \
		printf '  make %-17s %s\n' "$$target" "$$words"; done
	@echo
	@echo "Begin with 'make run'. More arguments for a test run: make test ARGS='-k filing -x'"

venv: $(STAMP) ## Set up .venv with the exact pins (the other targets do it by themselves)

run: $(STAMP) ## Migrate, load demo data and serve on 127.0.0.1:8000 (SQLite); prints URL, tokens and a curl
	@$(BIN)/signet serve --demo $(ARGS)

demo: $(STAMP) ## Walk from an application to a badge, a sanction and its end over HTTP, as the people would
	@$(BIN)/signet demo $(ARGS)

test: $(STAMP) ## Run the tests, on SQLite and on PostgreSQL
	@$(PYTEST) -n $(WORKERS) --dist loadfile $(ARGS)

test-long: $(STAMP) ## Run what takes minutes: kill rounds, random walks, many rows
	@$(PYTEST) -m long -n $(WORKERS) --dist worksteal $(ARGS)

test-night: $(STAMP) ## Run what takes hours, at most four; again goes on where it stopped. Writes tests/NIGHT.md
	@$(PYTEST) --night -n $(WORKERS) --dist worksteal $(ARGS)

test-night-sample: $(STAMP) ## Run a random hundredth of the night; its seed is told, SEED=… repeats it
	@echo "SEED=$(SEED)"
	@$(PYTEST) --night-sample $(SEED) --night-minutes 4 -n $(WORKERS) --dist worksteal $(ARGS)

check: $(STAMP) ## Lint, format, types, imports and the contracts of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(PYTEST) tests/contracts

coverage: $(STAMP) ## Show the branches of domain/ and workflows/ that no test takes (measured on SQLite)
	@$(PYTEST) -n $(WORKERS) --dist loadfile -k "not postgresql" --cov --cov-report=term-missing $(ARGS)

format: $(STAMP) ## Mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

generate: $(STAMP) ## Write api/schema.graphql and the generated pages of docs/
	@$(BIN)/signet generate

bench: $(STAMP) ## Measure beside a bare endpoint and write bench/RESULTS.md
	@$(BIN)/python -m bench $(ARGS)

lock: ## Write requirements.txt anew from pyproject.toml, with the newest versions that fit
	@$(PYTHON) tools/lock.py

clean: ## Remove .venv, caches and builds (databases stay)
	@rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no '$(PYTHON)'. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Signet needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." >&2; \
		echo "Name a newer one: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' comes without venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
