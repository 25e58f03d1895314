# What you can do here. Needs only python3 (3.11 to 3.13) with venv, and make. `make help` lists it.

VENV := .venv
PYTHON := $(VENV)/bin/python
CONFIG ?= config.yaml
RUN ?= plain-1
FILES ?= models/digits.tflite
# What else to measure with, where `make glyphs` has put it.
EXAM := $(foreach name,bhmsds-test chars74k-test,$(patsubst %,--elsewhere %,$(wildcard build/glyphs/$(name).npz))) \
  $(patsubst %,--unseen %,$(wildcard build/glyphs/others-unseen.npz))

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what you can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.edge ## Read from the first camera, otherwise from the drawing canvas (SOURCE=..., CONFIG=...)
	@$(PYTHON) -m edge run --config $(CONFIG) $(if $(SOURCE),--source "$(SOURCE)")

.PHONY: test
test: $(VENV)/.dev ## Run every test that needs no camera and no network
	@$(PYTHON) -m pytest -m "not shared_data and not system" $(TESTS)
	@echo "Left out: tests marked shared_data, which need a folder of real photos and glyphs; .ci/run runs them where it is."

.PHONY: test-system
test-system: $(VENV)/.dev ## Run the tests that need a whole machine: a broker, mounts, minutes
	@$(PYTHON) -m pytest -m system $(TESTS)

.PHONY: check
check: $(VENV)/.dev ## Lint, formatting, types and import rules
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m pytest -q tests/test_imports.py

.PHONY: format
format: $(VENV)/.dev ## Put all files in the one format
	@$(PYTHON) -m ruff check --fix-only .
	@$(PYTHON) -m ruff format .

.PHONY: train
train: $(VENV)/.dev ## Train a model to build/RUN (DATA=folder with MNIST, otherwise downloaded; EXTRA=..., OTHERS=...)
	@$(PYTHON) -m train --config $(CONFIG) --run $(RUN) $(foreach path,$(DATA),--data "$(path)") \
	  $(foreach path,$(EXTRA),--extra "$(path)") $(foreach path,$(OTHERS),--not-digits "$(path)") $(OPTIONS)

.PHONY: glyphs
glyphs: $(VENV)/.dev ## Sort the .npz sets in SETS into build/glyphs: to train on, to train against, to measure with
	@$(PYTHON) tools/prepare_glyphs.py "$(SETS)" build/glyphs

.PHONY: spotter
spotter: $(VENV)/.dev ## Train a spotter to build/RUN (DATA=..., EXTRA=... of digits, OTHERS=... of other signs)
	@$(PYTHON) -m train.spotter --run $(RUN) $(foreach path,$(DATA) $(EXTRA),--data "$(path)") \
	  $(foreach path,$(OTHERS),--letters "$(path)") $(OPTIONS)

.PHONY: second
second: $(VENV)/.dev ## Train the second stage of the spotter in build/RUN (DATA, EXTRA and OTHERS as for the spotter)
	@$(PYTHON) -m train.second build/$(RUN) $(foreach path,$(DATA) $(EXTRA),--data "$(path)") \
	  $(foreach path,$(OTHERS),--letters "$(path)") $(OPTIONS)

.PHONY: convert
convert: $(VENV)/.dev ## Convert build/RUN into models/, if it passes the gates: a classifier or a spotter
	@$(PYTHON) -m convert build/$(RUN) --config $(CONFIG)

.PHONY: measure
measure: $(VENV)/.dev ## Measure FILES on corrupted digits, other hands and what is no digit, to build/measure.json
	@$(PYTHON) -m train measure $(FILES) $(foreach path,$(DATA),--data "$(path)") $(EXAM) --json build/measure.json

.PHONY: compare
compare: $(VENV)/.dev ## Train and measure the classic networks beside ours, to build/compare.json
	@$(PYTHON) -m train compare --config $(CONFIG) $(foreach path,$(DATA),--data "$(path)") \
	  $(foreach path,$(EXTRA),--extra "$(path)") $(foreach path,$(OTHERS),--not-digits "$(path)") $(OPTIONS) $(EXAM) \
	  --json build/compare.json

.PHONY: pins
pins: $(VENV)/.dev ## Pin the newest versions that go together in constraints.txt (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
	  --no-annotate --no-emit-index-url --custom-compile-command "make pins" --output-file constraints.txt

.PHONY: card
card: $(VENV)/.dev ## Write docs/model/ for the model of build/RUN
	@$(PYTHON) tools/model_card.py $(RUN) "$(BESIDE)"

.PHONY: pictures
pictures: $(VENV)/.dev ## Make the pictures of the README again (needs Chromium)
	@$(PYTHON) tools/make_pictures.py

.PHONY: clean
clean: ## Remove what was built and installed, trained models too
	rm -rf $(VENV) build dist

$(VENV)/.edge: pyproject.toml constraints.txt tools/make_venv.py
	@python3 tools/make_venv.py $(VENV)

$(VENV)/.dev: pyproject.toml constraints.txt tools/make_venv.py
	@python3 tools/make_venv.py $(VENV) --extra dev
