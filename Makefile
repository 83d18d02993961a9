# Two commands: `make demo` shows the portal, `make test` proves it. Both set up what they need.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint format lock migration screenshots setup setup-tests

PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin
DEMO_DATA := var/demo
CATALOGUES := $(wildcard portal/translations/*/LC_MESSAGES/*.po)

# WeasyPrint draws PDFs with Pango; the second library makes its fonts 2-3 times faster.
DEMO_PACKAGES := libpangoft2-1.0-0 libharfbuzz-subset0
VENV_PACKAGES := $(shell $(PYTHON) -c "import ensurepip" 2>/dev/null || echo python3-venv)
TEST_PACKAGES := $(DEMO_PACKAGES) chromium postgresql dovecot-imapd dovecot-submissiond

help:
	echo "make demo         set up and start the demo on http://127.0.0.1:$(PORT) (PORT=... for another port)"
	echo "make demo-reset   forget the demo's data and start over"
	echo "make test         set up and run every check"
	echo "make lint         only the linters and the types"
	echo "make format       put code into shape"
	echo "make screenshots  every page and state of the demo, as pictures in screenshots/ (ONLY='home request' for some)"
	echo "make lock         choose and lock the versions of what we depend on"
	echo "make migration MESSAGE='...'  write the migration for the models as they are now"

demo: setup
	exec $(BIN)/python -m portal.demo --port $(PORT)

demo-reset: setup
	mkdir -p $(DEMO_DATA)
	if ! flock --nonblock $(DEMO_DATA)/lock rm -rf $(DEMO_DATA); then
		echo "The demo is still running; nothing was removed. Stop it with Ctrl-C, then run this again."
		exit 1
	fi
	exec $(BIN)/python -m portal.demo --port $(PORT)

test: setup-tests
	exec $(BIN)/python .ci/checks.py

lint: setup-tests
	exec $(BIN)/python .ci/checks.py --lint

format: setup-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is installed is told by a copy of the lock file, so that a second start costs nothing.
setup:
	$(call need,$(VENV_PACKAGES) $(DEMO_PACKAGES))
	$(call install,requirements.lock)
	$(translate)

setup-tests:
	$(call need,$(VENV_PACKAGES) $(TEST_PACKAGES))
	$(call install,requirements-dev.lock)
	cp requirements.lock .venv/requirements.lock
	$(translate)

# Keeps the versions that are locked; `make lock UPGRADE=--upgrade` moves all of them.
lock: setup-tests
	compile="$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet $(UPGRADE)"
	$$compile --output-file requirements.lock
	$$compile --group dev --constraint requirements.lock --output-file requirements-dev.lock

screenshots: setup-tests
	exec $(BIN)/python -m bench.screenshots --only $(ONLY)

migration: setup-tests
	$(BIN)/python -m migrations.write "$(MESSAGE)"

define need
	missing=""
	for package in $(1); do
		[ "$$(dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null)" = "install ok installed" ] || missing+=" $$package"
	done
	line="apt-get install --yes --no-install-recommends$$missing"
	if [ -n "$$missing" ]; then
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
			echo "Installing$$missing"
			apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive $$line --quiet=2 >/dev/null ||
				echo "That did not work; going on without. To try again by hand: $$line"
		else
			echo "Missing:$$missing. Going on without; what needs them will say so."
			echo "On Debian, this installs them: sudo $$line"
		fi
	fi
endef

define install
	if ! cmp --silent $(1) .venv/$(1); then
		if ! [ -x $(BIN)/python ]; then
			$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || {
				echo "Python 3.11 or newer is needed; PYTHON=... names it."; exit 1; }
			$(PYTHON) -m venv .venv
		fi
		if ! [ -x $(BIN)/uv ]; then
			awk '/^[^ ]/ {ours = /^uv==/} ours' requirements-dev.lock > .venv/uv.lock
			$(BIN)/python -m pip install --quiet --require-hashes --requirement .venv/uv.lock
		fi
		echo "Installing what $(1) names"
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode --requirement $(1)
		cp $(1) .venv/$(1)
	fi
endef

define translate
	for texts in $(CATALOGUES); do
		[ "$${texts%.po}.mo" -nt "$$texts" ] ||
			$(BIN)/pybabel --quiet compile --input-file "$$texts" --output-file "$${texts%.po}.mo"
	done
endef
