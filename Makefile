# Epochal. `make demo` shows it, `make test` proves it; both work from nothing on a machine with Python ≥ 3.10,
# a C++20 compiler and Node ≥ 20.19.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
OPEN ?= 1
PORT ?= 6006
DEMO_LOGDIR ?= demo-logs

NATIVE_SOURCES := CMakeLists.txt pyproject.toml $(wildcard native/src/*.cpp native/src/*.h native/CMakeLists.txt)
WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
STATIC := src/epochal/server/static/index.html

.PHONY: help demo test test-fast dev lint gen bench fuzz soak ui clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
	  { echo "Epochal needs Python 3.10 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

# The package itself, editable, with what the demo needs. Rebuilt when the native core changes.
$(VENV)/.epochal: $(VENV)/bin/python $(NATIVE_SOURCES)
	@scripts/check_tools.sh
	$(PY) -m pip install -q --disable-pip-version-check "scikit-build-core>=1.1" "nanobind>=3.1"
	$(PY) -m pip install -q --disable-pip-version-check --no-build-isolation -e ".[demo]"
	@touch $@

# What the tests need besides: real peers (torch, TensorBoard, tensorboardX), a browser driver, the linters.
$(VENV)/.dev: $(VENV)/.epochal pyproject.toml
	$(PY) -m pip install -q --disable-pip-version-check --no-build-isolation -e ".[dev]"
	@touch $@

web/node_modules/.installed: web/package.json web/package-lock.json
	@scripts/check_tools.sh
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build

ui: $(STATIC) ## build the pages into src/epochal/server/static

demo: $(VENV)/.epochal $(STATIC) ## install, train small real models in seconds, open the app (OPEN=0 PORT=0 for scripts)
	@rm -rf demo-logs
	$(VENV)/bin/epochal demo --logdir $(DEMO_LOGDIR) --port $(PORT) $(if $(filter 0,$(OPEN)),--no-open)

test: $(VENV)/.dev $(STATIC) ## every suite: lint, C++, Python, TypeScript, browser, packaging
	$(PY) scripts/run_tests.py

test-fast: $(VENV)/.dev $(STATIC) ## the suites without browser and packaging
	$(PY) scripts/run_tests.py --only lint,native,python,web

dev: $(VENV)/.dev web/node_modules/.installed ## API with reload, Vite with hot modules, and a demo run that keeps writing
	$(PY) scripts/dev.py

lint: $(VENV)/.dev web/node_modules/.installed ## ruff, mypy, layer contracts, svelte-check, eslint, sizes, generated files
	$(PY) scripts/lint.py

gen: $(VENV)/.dev web/node_modules/.installed ## openapi.json, the UI's types, the core's stub
	$(PY) scripts/gen.py

bench: $(VENV)/.dev $(STATIC) ## peers and ours in one run; rewrites the tables of docs/performance.md
	$(PY) benchmarks/run_all.py

fuzz: ## libFuzzer with ASan and UBSan over the core, FUZZ_SECS=60 for each target (needs clang and libclang-rt)
	scripts/fuzz.sh

soak: $(VENV)/.dev ## the tests that take minutes or gigabytes
	$(PY) -m pytest -q -m soak tests

clean: ## remove everything that was built
	rm -rf build dist $(VENV) web/node_modules src/epochal/server/static .mypy_cache .ruff_cache .pytest_cache
