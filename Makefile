# Two commands are enough: `make demo` and `make test`. The rest is for who works on the program.

VENV   := .venv
BIN    := $(VENV)/bin
SAMPLE := docs/examples/answers-codecommit.yaml
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check screenshots bench docs checks-table contract-real clean

help:  ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(STAMP)-sandbox  ## open the wizard in the sandbox (without a terminal: replay the sample answers there)
	@if [ -t 0 ] && [ -t 1 ]; then \
	  $(BIN)/ezgitops --sandbox; \
	else \
	  $(BIN)/ezgitops apply -f $(SAMPLE) --yes --sandbox; \
	fi

test: $(STAMP)-dev  ## run every test and report the coverage
	@$(BIN)/coverage erase
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term $(PYTEST_ARGS)

check: $(STAMP)-dev  ## lint, types, import contracts, generated references
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m wizard.reference --check

screenshots: $(STAMP)-dev  ## make screenshots/ anew from the real program
	@$(BIN)/python -m wizard.tui.screenshots screenshots

bench: $(STAMP)-dev  ## measure apply, replay, --help and the first frame
	@$(BIN)/python -m tests.benchmarks.bench

docs: $(STAMP)-dev  ## write the generated references anew
	@$(BIN)/python -m wizard.reference

checks-table: $(STAMP)-dev  ## run every scenario of the sandbox and print which checks it changes
	@$(BIN)/python -m tests.e2e.checks_table

contract-real: $(STAMP)-dev  ## run the cluster's contract tests on a real kube-apiserver
	@.ci/contract-real

clean:  ## remove what was installed and cached here
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# One stamp for each set of extras; `dev` holds `sandbox`, so that a demo after a test installs nothing.
$(STAMP)-sandbox: pyproject.toml Makefile
	@[ -e $(STAMP)-dev ] && [ ! pyproject.toml -nt $(STAMP)-dev ] || { .ci/venv $(VENV) && $(BIN)/python -m pip install -q -e '.[sandbox]'; }
	@touch $@

$(STAMP)-dev: pyproject.toml Makefile
	@.ci/venv $(VENV)
	@$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@
