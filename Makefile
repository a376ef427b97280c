.DEFAULT_GOAL := scan
VENV := .venv
BIN  := $(VENV)/bin

$(VENV)/scan-ready: pyproject.toml
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[lab]'
	touch $@

$(VENV)/test-ready: pyproject.toml
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/scan-ready

.PHONY: scan test
scan: $(VENV)/scan-ready  ## audit the embedded estate; exit 1 is the expected answer: it fails its audit
	$(BIN)/orthaudit scan --lab || test $$? -eq 1

test: $(VENV)/test-ready  ## everything that must hold before a merge
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest
