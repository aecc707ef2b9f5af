# Everything from a fresh Debian or Ubuntu machine: `make run` opens the instrument, `make test` checks it.

PYTHON ?= python3
VENV ?= .venv
# pip's way to a smaller torch, for example the index of CPU builds that README.md names.
TORCH_INDEX ?=
ARGS ?=
# Tests with real parts keep time: one after the other, and nothing beside them.
REAL = audio or midi or window

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALLED = $(VENV)/installed
LOCK_VENV = build/lock-venv
UV_COMPILE = $(LOCK_VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock"

.DEFAULT_GOAL = help
.PHONY: help venv run test lint format lock system-run system-test

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

venv: system-run $(INSTALLED) ## system libraries, .venv and the pinned dependencies

run: venv ## open the instrument; ARGS="--preset piano" is handed on
	$(BIN)/python app.py $(ARGS)

test: system-test lint ## linters, then every test that this machine can run
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not ($(REAL))"
	$(BIN)/python -m pytest -m "$(REAL)"

lint: venv ## ruff, mypy and the import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: venv ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

system-run:
	@.ci/system run

system-test:
	@.ci/system run test

$(INSTALLED): requirements.lock requirements-torch.lock requirements-cuda.lock
	@.ci/check-python $(PYTHON)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) -r requirements-torch.lock
	@touch $@

lock: ## pin the newest dependencies that pyproject.toml allows; torch's version is set by hand
	test -x $(LOCK_VENV)/bin/uv || { $(PYTHON) -m venv $(LOCK_VENV) && $(LOCK_VENV)/bin/pip install --quiet uv; }
	grep '^torch==' requirements-torch.lock > build/torch.txt
	$(UV_COMPILE) --upgrade --no-config --no-annotate --no-header build/torch.txt \
		| grep -E '^(cuda|nvidia|triton)' > requirements-cuda.lock
	$(UV_COMPILE) --upgrade --extra dev --generate-hashes --constraint build/torch.txt --no-emit-package torch \
		--constraint requirements-cuda.lock --output-file requirements.lock pyproject.toml
