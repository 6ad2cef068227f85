# Everything works from a fresh clone with Python >= 3.11 and make. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORACLES := $(VENV)-oracles

.DEFAULT_GOAL := help
NODE_ORACLE := tests/oracles/node
CASES ?= 1000000

.PHONY: help demo test lint bench fuzz fuzz-node fuzz-replay posthog-suite clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## the guided tour: an agent proposes, a person reviews, a real SDK sees the change
	@$(BIN)/drysail demo $(ARGS)

test: $(VENV)/.dev ## all tests
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

lint: $(VENV)/.dev ## style, types and the layers between the packages
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(VENV)/.dev ## evaluation beside other evaluators, replay against the PostHog SDK, as ratios
	@$(BIN)/python benchmarks/evaluate.py && $(BIN)/python benchmarks/replay.py

fuzz: $(VENV)/.dev ## a million random cases against the PostHog SDK
	@$(BIN)/python tests/oracles/fuzz_posthog.py --cases $(CASES) --seed 1

fuzz-node: $(VENV)/.dev $(NODE_ORACLE)/node_modules/.package-lock.json ## the same against its SDK for Node (needs npm)
	@$(BIN)/python tests/oracles/fuzz_posthog_node.py --cases $(CASES) --seed 1

$(NODE_ORACLE)/node_modules/.package-lock.json: $(NODE_ORACLE)/package-lock.json
	@npm ci --prefix $(NODE_ORACLE) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

fuzz-replay: $(VENV)/.dev ## a million random contexts, in columns and one by one
	@$(BIN)/python tests/oracles/fuzz_replay.py --contexts 1000000 --seed 1

clean: ## remove the environment and what the demo left
	@rm -rf $(VENV) $(ORACLES) .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(NODE_ORACLE)/node_modules

posthog-suite: $(ORACLES)/.installed ## PostHog's own tests of its SDK, with Drysail's evaluator in the place of the SDK's
	@$(ORACLES)/bin/python tests/oracles/run_posthog_suite.py -q $(ARGS)

$(VENV)/.demo: requirements/demo.txt pyproject.toml
	@.ci/install $(PYTHON) $(VENV) requirements/demo.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	@.ci/install $(PYTHON) $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.demo

$(ORACLES)/.installed: requirements/oracles.txt pyproject.toml
	@.ci/install $(PYTHON) $(ORACLES) requirements/oracles.txt
	@touch $@
