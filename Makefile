# Every target sets up what it needs in .venv, once; PYTHON names another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help sweep test slow lint docs docs-test benchmarks clean

help:
	@echo "make sweep       set up, then train, measure and track 150 networks (minutes)"
	@echo "make test        set up, then pass the tests"
	@echo "make slow        the reproductions too"
	@echo "make lint        style and types"
	@echo "make docs        the documentation, as a site in site/"
	@echo "make docs-test   every code block of the documentation, and the notebooks whole"
	@echo "make benchmarks  speed, as ratios against alternatives"

sweep: $(VENV)/run
	$(BIN)/python -m ibsweep -m activation=relu,elu,swish 'seed=range(50)'

test: $(VENV)/dev
	$(BIN)/python -m pytest -n auto --dist loadfile

slow: $(VENV)/dev
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/dev
	$(BIN)/python -m mkdocs build --strict --quiet
	@echo "open site/index.html"

docs-test: $(VENV)/dev
	$(BIN)/python -m pytest -m 'slow or not slow' -n auto tests/test_pages.py tests/test_documents.py tests/site

benchmarks: $(VENV)/dev
	$(BIN)/python -m tests.benchmarks.estimators
	$(BIN)/python -m tests.benchmarks.ensembles
	$(BIN)/python -m tests.benchmarks.engines $(BASELINE)
	$(BIN)/python -m tests.benchmarks.title $(BASELINE)
	$(BIN)/python -m tests.benchmarks.querying
	$(BIN)/python -m tests.benchmarks.many_runs
	$(BIN)/python -m tests.benchmarks.convolutions
	$(BIN)/python -m tests.benchmarks.neighbours
	$(BIN)/python -m tests.benchmarks.growth
	$(BIN)/python -m tests.benchmarks.planes $(BASELINE)
	$(BIN)/python -m tests.benchmarks.startup $(BASELINE)

$(VENV)/run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/run

clean:
	rm -rf $(VENV)
