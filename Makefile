# mixwright: `make quickstart` for users, `make test` for developers. PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

.PHONY: help install install-dev quickstart check format test clean

help:
	@echo "make install     .venv with mixwright and the trainer"
	@echo "make quickstart  install, then raw text to a trained model and a report, about 5 minutes"
	@echo "make test        install what tests need, then check and pytest"
	@echo "make check       ruff, mypy, import-linter"

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# The default is a plain pip install: an index or a folder of wheels that you configured for pip is honoured.
$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Installing into $(VENV): about 45 packages, 130 MB to download, and torch 2.13.0:"
	@echo "  with a CPU build in reach of pip 190 MB; otherwise pip takes the CUDA build, 0.5 GB, and its libraries, 2 GB more."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --editable ".[train]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need: about 80 packages more, 0.6 GB to download, most of it PySpark."
	@$(PIP_INSTALL) --editable ".[dev]"
	@touch $@

quickstart: install
	@$(BIN)/mix run recipes/quickstart.yaml
	@echo "a sample of the model, of the prompt \"def \":"
	@$(BIN)/mix generate runs/quickstart/model --prompt "def " --tokens 80

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check
	$(BIN)/pytest

clean:
	rm -rf $(VENV) runs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
