# The workshop of Di Sản. `make` alone says what there is.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.SUFFIXES:

PORT ?= 8000
DATA ?= var
ARGS ?=
# Three processes, for each waits a third of its time; the tests of an engine stay together, for they share what is dear
# to make.
SPREAD ?= --numprocesses 3 --dist loadscope --no-loadscope-reorder
export PORT
# Where this is set, each of the many processes of a run would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-full coverage bench bench-full lint format lock

help: ## say what this file can do
	@echo "Di Sản: make TARGET [NAME=value]"
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  %-10s %s\n' "$$name" "$$what"; done

demo: export DISAN_DATA := $(DATA)
demo: ## serve the register with its seed [PORT=8000] [DATA=var]; Ctrl-C stops it
	@sh tools/environment.sh run
	@exec .venv/bin/disan demo --port "$$PORT"

test: ## all linters and tests, on SQLite and PostGIS [ARGS="-k word"]
	@sh tools/system.sh packages
	@sh tools/environment.sh test
	@sh tools/system.sh browser
	@sh tools/system.sh audits
	@status=0; sh tools/lint.sh || status=1; .venv/bin/python -m pytest $(SPREAD) $(ARGS) || status=1; exit $$status

test-full: export DISAN_TEST_COUNTS := full
test-full: test ## the same at the full counts; writes docs/verification.md

coverage: ## the tests once more, showing the lines of app/ that none of them reaches
	@sh tools/system.sh packages
	@sh tools/environment.sh test
	@sh tools/system.sh browser
	@sh tools/system.sh audits
	@.venv/bin/coverage run -m pytest $(ARGS) && .venv/bin/coverage report

bench: ## the public API against its peers, at 10,000 sites, on SQLite and PostGIS
	@sh tools/system.sh packages
	@sh tools/environment.sh test
	@.venv/bin/python bench/peers.py
	@.venv/bin/python bench/public.py sqlite --sizes 10000
	@.venv/bin/python bench/public.py postgis --sizes 10000

bench-full: ## the same at 100,000 on SQLite and from 10,000 to 1,000,000 on PostGIS; hours, 15 GB
	@sh tools/system.sh packages
	@sh tools/environment.sh test
	@.venv/bin/python bench/peers.py
	@.venv/bin/python bench/public.py sqlite --sizes 10000,100000 --rounds 9 --requests 400
	@.venv/bin/python bench/public.py postgis --sizes 10000,1000000 --rounds 9 --requests 400

lint: ## ruff, mypy --strict, import-linter, djlint
	@sh tools/environment.sh test
	@sh tools/lint.sh

format: ## put the code in the house's format
	@sh tools/environment.sh test
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format .

lock: ## write requirements*.txt from pyproject.toml [ARGS=--upgrade]
	@sh tools/environment.sh test
	@sh tools/lock.sh $(ARGS)
