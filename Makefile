# Two commands matter: `make demo` runs Touchstone on this machine, `make test` runs everything that CI runs.
# Nothing needs to be installed first but Python 3.11 or newer and make.

PORT ?= 8000
# For a machine without a GPU: name the index that holds the CPU build of torch.
TORCH_INDEX ?=
# The first Python that is new enough.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
REQUIREMENTS := requirements/base.txt requirements/ml.txt requirements/dev.txt requirements/constraints.txt

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help install demo reset home database test lint types floors migrations messages unit browser e2e faults lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv with every pinned dependency

$(STAMP): $(REQUIREMENTS)
	@test -n "$(PYTHON)" || { echo "Touchstone needs Python 3.11 or newer; install it, or name one: make PYTHON=/path/to/python"; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
		{ echo "This Python cannot make virtual environments; install its venv package (on Debian: python3-venv)."; exit 1; }
	@echo "Touchstone: installing the dependencies into $(VENV) (a few minutes the first time) …"
	@if [ -n "$(TORCH_INDEX)" ]; then $(PY) -m pip install --quiet --index-url "$(TORCH_INDEX)" -c requirements/constraints.txt torch; fi
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@touch $@

demo: install ## Run Touchstone here: http://127.0.0.1:8000/ (PORT=... for another port)
	@exec $(PY) -m config.demo --port $(PORT) --with-parent

reset: install ## Delete this checkout's data (the only command that does)
	@exec $(PY) -m config.demo --reset

home: install ## Print the folder of this checkout's data
	@$(PY) -c 'from config.embedded import checkout_home; print(checkout_home().root)'

database: install ## Print the address of this checkout's database
	@$(PY) -c 'from config.embedded import checkout_home; print(checkout_home().database_url)'

test: install lint types floors migrations unit e2e faults ## Everything that CI runs

lint: install ## Formatting and lint
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: install ## Types, strictly
	$(PY) -m mypy apps config

floors: install ## Who may import whom
	$(VENV)/bin/lint-imports

migrations: install ## Every change of a model has its migration
	$(PY) manage.py makemigrations --check --dry-run

messages: install ## Bring the catalogues of translations up to date
	$(PY) -m config.messages

unit: install ## Unit and API tests
	$(PY) -m pytest -n 2 --ignore tests/e2e --ignore tests/faults

browser: install
	@$(PY) -m tests.browser

e2e: browser ## Browser tests, end to end
	$(PY) -m pytest -n 2 tests/e2e

faults: install ## Tests that kill things
	$(PY) -m pytest -n 2 --dist loadgroup tests/faults

lock: install ## Write requirements/constraints.txt from what is installed
	@{ sed -n '/^#/p' requirements/constraints.txt; $(PY) -m pip freeze | sed 's/+cpu$$//'; } > requirements/constraints.new
	@mv requirements/constraints.new requirements/constraints.txt
