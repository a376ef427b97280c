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

.PHONY: picture
picture: $(VENV)/test-ready  ## draw docs/report.svg anew, from a real audit
	$(BIN)/python docs/picture.py

.venv-prowler/ready:
	python3 -m venv .venv-prowler
	.venv-prowler/bin/pip install --quiet --disable-pip-version-check 'prowler>=5,<6'
	touch $@

.PHONY: bench-aws
bench-aws: $(VENV)/test-ready .venv-prowler/ready  ## what reading AWS costs, beside Prowler 5
	$(BIN)/python benchmarks/aws_cost.py
