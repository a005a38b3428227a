# make demo | run | test | lint | bench | build | lock | clean
# The first run makes .venv from the hashed locks in requirements/; later ones only look whether a lock has changed.
# PYTHON=/path/to/python3 chooses another interpreter than the first one >= 3.11 on the PATH.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/stamps
# Most tests wait for other processes more than they compute: four at a time keep two cores busy.
WORKERS ?= 4
# The tests that domain and services owe their coverage to; the others run without its tracer, which costs a third.
COVERED := tests/unit/ tests/services/ tests/contract/
PIP_INSTALL := $(PY) -m pip install --disable-pip-version-check -qq --require-hashes --only-binary :all:
LOCK := $(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --quiet $(UPGRADE)
CODE := main.py desktop tests $(wildcard benchmarks)

# A .venv whose interpreter went away (another machine, an upgrade) is made anew.
$(if $(wildcard $(VENV)/pyvenv.cfg),$(shell $(PY) -c '' 2>/dev/null || rm -rf $(VENV)))

# Without a screen the program runs headless, and then Qt's libraries are only advised.
ADVISE := $(if $(DISPLAY)$(WAYLAND_DISPLAY),,--advise)

.PHONY: help demo run test lint bench build lock clean run-packages test-packages build-packages

help:
	@sed -n '1s/# //p' Makefile

demo: run-packages $(STAMPS)/run
	$(PY) main.py demo

run: run-packages $(STAMPS)/run
	$(PY) main.py

test: test-packages $(STAMPS)/test
	$(MAKE) --no-print-directory lint
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --cov --cov-report= $(COVERED)
	$(PY) -m coverage report --include='desktop/domain/*,desktop/services/*' --fail-under=100
	$(PY) -m pytest -n $(WORKERS) --dist loadfile $(filter-out $(COVERED),$(wildcard tests/[a-z]*/))

lint: $(STAMPS)/test
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m ruff check $(CODE)
	$(PY) -m mypy $(CODE)
	$(VENV)/bin/lint-imports

bench: test-packages $(STAMPS)/test
	$(PY) -m benchmarks

build: build-packages $(STAMPS)/build
	$(PY) -m PyInstaller --noconfirm --log-level WARN build.spec

# UPGRADE=--upgrade takes the newest releases; without it a pin changes only where pyproject.toml asks for it.
lock: $(STAMPS)/lock
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --group build -c requirements/run.txt -o requirements/build.txt
	$(LOCK) pyproject.toml --group dev -c requirements/build.txt -o requirements/test.txt
	$(LOCK) --group lock -o requirements/lock.txt

clean:
	rm -rf $(VENV) build dist tests/artifacts .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

run-packages: $(VENV)/pyvenv.cfg
	@.ci/system-packages $(ADVISE) $(PY) run

build-packages: $(VENV)/pyvenv.cfg
	@.ci/system-packages $(PY) run build

test-packages: $(VENV)/pyvenv.cfg
	@.ci/system-packages $(PY) run build test

$(VENV)/pyvenv.cfg:
	python=$$(.ci/python) && .ci/venv "$$python" $(VENV)

$(STAMPS)/%: requirements/%.txt | $(VENV)/pyvenv.cfg
	@echo "Installing $<"
	@$(PIP_INSTALL) -r $<
	@mkdir -p $(STAMPS)
	@touch $@

# The tests call `malote` as an installed program would be called.
$(STAMPS)/test: requirements/test.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing $<"
	@$(PIP_INSTALL) -r $<
	@$(PY) -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS)
	@touch $@
