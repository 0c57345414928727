# What the project does, a target each; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
# Label Studio needs other versions than we do.
LABELSTUDIO := .venv-labelstudio
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

# The experiment: a name in training/configs. Without the real press releases the authored articles train.
CONFIG ?= $(if $(wildcard .cache/corpus/train.jsonl),whole,authored)
PRETRAIN ?= pretrain
RUN ?= runs/$(CONFIG)
MODEL ?= models/released
GOLD ?= $(if $(wildcard .cache/corpus/dev.jsonl),.cache/corpus/dev.jsonl,annotations/samples.jsonl)
CURVE := training/studies/learning-curve.jsonl
ROUND ?= training/rounds.toml
STUDY ?= simulation
# RESUME=--resume goes on from a run's checkpoint.
RESUME ?=
EXPORT ?=

# glibc's malloc otherwise gives large tensors back to the system after each step: a third of the time of training.
export MALLOC_MMAP_THRESHOLD_ := 4000000000
export MALLOC_TRIM_THRESHOLD_ := 8000000000
export MALLOC_TOP_PAD_ := 500000000

.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-labelstudio lint format corpus pretrain train distil average prune export evaluate report ablation learning-curve annotation-round simulate-annotation labelstudio-server clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/run.stamp ## set up, extract the sample articles: events to the terminal, out/events.jsonl, out/events.html
	$(BIN)/thaigov-events extract annotations/samples
	$(BIN)/thaigov-events extract annotations/samples -o out/events.jsonl
	$(BIN)/thaigov-events extract annotations/samples -o out/events.html

test: $(VENV)/dev.stamp ## set up and run the tests
	$(BIN)/python -m pytest -q -m "not slow"

test-slow: $(VENV)/dev.stamp ## run the full checks too
	$(BIN)/python -m pytest -q

test-labelstudio: $(VENV)/dev.stamp labelstudio-server ## the annotation loop against a real Label Studio server, in a browser too
	$(PIP) -e '.[labelstudio]'
	$(BIN)/python -m pytest -q tests/annotations/test_labelling_*.py tests/inference/test_labelling_*.py

lint: $(VENV)/dev.stamp ## check style (ruff) and types (mypy, strict)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## put the code into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

corpus: $(VENV)/run.stamp ## join the stand-off annotations with the press releases' text in .cache/corpus
	$(BIN)/python -m thaigov_events.annotations.sources --output .cache/corpus

pretrain: $(VENV)/dev.stamp ## continue the encoder's pretraining (PRETRAIN=name of a configuration, RESUME=--resume)
	$(BIN)/python -m thaigov_events.training.pretrain training/configs/$(PRETRAIN).toml $(RESUME)

train: $(VENV)/dev.stamp ## train a model (CONFIG=name of a configuration, RESUME=--resume)
	$(BIN)/python -m thaigov_events.training.train training/configs/$(CONFIG).toml $(RESUME)

distil: CONFIG := distilled
distil: $(VENV)/dev.stamp ## a laptop's model from a large one (TEACHER=folder of its run, RESUME=--resume): out/distilled
	$(if $(TEACHER),,$(error name the finished run that teaches: make distil TEACHER=runs/wangchanberta))
	$(BIN)/python -m thaigov_events.training.train training/configs/$(CONFIG).toml $(addprefix --teacher ,$(TEACHER)) $(RESUME)
	$(BIN)/python -m thaigov_events.training.export $(RUN) --output out/$(CONFIG)

average: $(VENV)/dev.stamp ## the mean of the weights of several runs of one line (RUNS="folder folder …", RUN=folder to write)
	$(if $(RUNS),,$(error name the finished runs: make average RUNS="runs/grown runs/further" RUN=runs/averaged))
	$(BIN)/python -m thaigov_events.training.averaging $(RUNS) --output $(RUN)

prune: $(VENV)/dev.stamp ## leave a run's encoder fewer attention heads (RUN=folder, KEEP=heads in all, PRUNED=folder to write)
	$(if $(and $(KEEP),$(PRUNED)),,$(error name what stays and where it goes: make prune RUN=models/released KEEP=48 PRUNED=runs/pruned))
	$(BIN)/python -m thaigov_events.training.pruning $(RUN) --keep $(KEEP) --output $(PRUNED)

export: $(VENV)/dev.stamp ## write a trained run as int8 graphs (RUN=folder, MODEL=folder to write, EXPORT="--window N …")
	$(BIN)/python -m thaigov_events.training.export $(RUN) --output $(MODEL) $(EXPORT)

evaluate: $(VENV)/run.stamp ## measure a model on annotated articles (MODEL=folder, GOLD=file)
	$(BIN)/thaigov-events evaluate $(GOLD) --model $(MODEL)

report: $(VENV)/dev.stamp ## the same as a page with plots, errors and the learning curve: out/report/report.html
	$(BIN)/thaigov-events evaluate $(GOLD) --model $(MODEL) --report out/report $(if $(wildcard $(CURVE)),--learning-curve $(CURVE))

ablation: $(VENV)/dev.stamp ## run what is missing of the levers' ablation, and print its table
	$(BIN)/python -m thaigov_events.training.experiments training/studies/ablation.toml

learning-curve: $(VENV)/dev.stamp ## the same of F1 against the number of annotated documents
	$(BIN)/python -m thaigov_events.training.experiments training/studies/learning-curve.toml

annotation-round: $(VENV)/dev.stamp ## learn from what annotators corrected, and keep the better model (ROUND=file, PULLED=yes to take the folder as it is)
	$(if $(PULLED),,$(PIP) -e '.[labelstudio]' && $(BIN)/thaigov-events labelstudio pull -o out/labelstudio/pulled)
	$(BIN)/python -m thaigov_events.training.rounds $(ROUND)

simulate-annotation: $(VENV)/dev.stamp ## run what is missing of active against random order of annotation, and print its table (STUDY=name)
	$(BIN)/python -m thaigov_events.training.simulation training/studies/$(STUDY).toml

labelstudio-server: $(LABELSTUDIO)/bin/label-studio ## set up a Label Studio server in an environment of its own
	@echo "start it as docs/label-studio.md tells: $(LABELSTUDIO)/bin/label-studio start …"

clean: ## remove environments, caches and outputs; runs/ stays
	rm -rf $(VENV) $(LABELSTUDIO) .cache out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("thaigov-events needs Python 3.11 or newer: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[train,dev]'
	touch $(VENV)/run.stamp $@

$(LABELSTUDIO)/bin/label-studio:
	$(PYTHON) -m venv $(LABELSTUDIO)
	$(LABELSTUDIO)/bin/pip install --quiet --disable-pip-version-check label-studio==1.23.2
