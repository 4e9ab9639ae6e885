# Everything that is done with a clone, in one place. `make help` lists it.
PORT ?= 8000
CHECK ?=
TAIZHANG := .venv/bin/taizhang

.DEFAULT_GOAL := help
.PHONY: run test check setup fresh bench bench-screen format lock strings help

run: ## set everything up, build the demo district where there is none, serve it (PORT=8000; CHECK=1 stops after the first answer)
	@scripts/setup.sh prod
	@$(TAIZHANG) demo --if-missing
	@$(TAIZHANG) serve --port $(PORT) $(if $(CHECK),--check)

test: ## everything that decides about a change, with the set-up it needs
	@scripts/system-packages.sh
	@scripts/setup.sh dev
	@.venv/bin/python scripts/gate.py

check: ## the quick loop while writing: SQLite, no browser, under two minutes
	@scripts/setup.sh dev
	@.venv/bin/python scripts/gate.py --quick

setup: ## install and build only; afterwards .venv/bin/taizhang is there
	@scripts/setup.sh prod

fresh: ## rebuild the demo district from nothing (refuses to remove data that are not a demo)
	@scripts/setup.sh prod
	@$(TAIZHANG) demo --fresh

bench: ## measure the screening against a pandas program and hand-written SQL
	@scripts/setup.sh dev
	@.venv/bin/python -m bench

bench-screen: ## one table of one run: SQL, Polars, pandas, Sail, daily deltas (N="100000 1000000"; JSON=1)
	@scripts/setup.sh full
	@.venv/bin/python -m bench table --residents $(or $(N),100000) $(if $(JSON),--json)

format: ## put the sources into the one format
	@.venv/bin/ruff check --quiet --fix --select I .
	@.venv/bin/ruff format .

lock: ## choose the exact versions of all Python packages anew
	@scripts/lock.sh

strings: ## collect the sentences of the pages into the English catalogue
	@.venv/bin/python scripts/strings.py extract

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 20
