# For people who have only just cloned. Each target sets up what it needs first, and does nothing twice.
# Works with Make 3.81, from a clone or from a ZIP.

.DEFAULT_GOAL := help
WORKSHOP := .venv/bin/workshop

.PHONY: help setup demo up down reset status shell doctor start hint solution tags docs serve notebooks gates test lint format bench lock

help: ## this list
	@echo "The Icecream workshop. Start with: make demo"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

setup: .venv/ready ## everything that is needed: Python packages, kube-apiserver, etcd, kubectl
	@.venv/bin/python -m workshop.binaries > /dev/null
	@if [ -e .git ]; then $(WORKSHOP) tags > /dev/null; fi

demo: .venv/ready ## the whole story in front of you; PAUSE=1 waits for a key, KEEP=1 leaves the cluster up
	@$(WORKSHOP) demo $(if $(PAUSE),--pause) $(if $(KEEP),--keep)

up: .venv/ready ## start the control plane in the background
	@$(WORKSHOP) up

down: .venv/ready ## end it; its data stays
	@$(WORKSHOP) down

reset: .venv/ready ## forget its data
	@$(WORKSHOP) reset

status: .venv/ready ## what runs
	@$(WORKSHOP) status

shell: up ## a shell in which kubectl uses it
	@eval "$$($(WORKSHOP) env)" && exec "$${SHELL:-/bin/sh}"

doctor: .venv/ready ## what is here, what is missing, how to get it
	@$(WORKSHOP) doctor

start: .venv/ready ## begin LESSON=01 on a branch of your own; FROM_SOLUTION=1 if you skipped the one before
	@$(WORKSHOP) start $(LESSON) $(if $(FROM_SOLUTION),--from-solution)

hint: .venv/ready ## help with what is red in LESSON=01, or with its EXERCISE=2
	@$(WORKSHOP) hint $(LESSON) $(if $(EXERCISE),--exercise $(EXERCISE))

solution: .venv/ready ## the reference of LESSON=01, and its reasons
	@$(WORKSHOP) solution $(LESSON)

tags: .venv/ready ## the stages of the lessons, as git tags
	@$(WORKSHOP) tags

docs: .venv/site ## the site, built into site/; QUICK=1 doesn't run the notebooks
	@$(WORKSHOP) docs $(if $(QUICK),--quick)

serve: .venv/site ## the site on this machine, built again at each save; PORT=8000
	@$(WORKSHOP) serve $(if $(PORT),--port $(PORT))

notebooks: .venv/site ## JupyterLab with the notebooks of the lessons, on this machine alone
	@.venv/bin/jupyter lab --ip=127.0.0.1 --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  --LabApp.news_url= --LabApp.extension_manager=readonly notebooks $(ARGS)

gates: .venv/site ## what every lesson must stand up to, or LESSON=01 alone
	@$(WORKSHOP) gates $(LESSON)

# Inside a lesson's stage, and for one lesson, all checks are that lesson's.
ifneq ($(LESSON)$(wildcard .stage),)
test: .venv/ready
	@$(WORKSHOP) check $(LESSON) $(if $(WATCH),--watch)
else
test: setup .venv/site lint ## all checks, or the daily round with QUICK=1; LESSON=01 for a lesson's, with WATCH=1 at each save
	@.venv/bin/python -m pytest --numprocesses=4 --dist=worksteal $(if $(QUICK),-m "not slow") $(ARGS)
endif

lint: .venv/ready ## style, types, and who may import whom
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

format: .venv/ready ## put the code in the style that lint wants
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format --quiet .

bench: setup ## the benchmarks, each a table
	@.venv/bin/python -m benchmarks.controlplane
	@.venv/bin/python -m benchmarks.acme
	@.venv/bin/python -m benchmarks.operator
	@if [ -d benchmarks/admission ]; then .venv/bin/python -m benchmarks.admission; fi

lock: ## pin the dependencies again (for maintainers; needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml -o requirements.lock
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra site --constraint requirements.lock \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml -o requirements-site.lock

# Of what pip says, what shows a person that it goes on. Its errors go another way.
PIP_INSTALL := .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --no-deps
PROGRESS := n=0; while read -r did what; do case $$did in \
  Collecting) n=$$((n + 1)); if [ $$((n % 20)) = 0 ]; then echo "  $$n packages are here ..."; fi ;; \
  Installing) echo "  all $$n are here; unpacking them ..." ;; esac; done

.venv/ready: requirements.lock pyproject.toml
	@echo "Installing Python packages into .venv; that takes up to a minute ..."
	@.venv/bin/python -m pip --version >/dev/null 2>&1 && exit; \
	python=; for name in python3 python3.13 python3.12 python3.11; do \
	  if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then python=$$name; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "The workshop needs Python 3.11, 3.12 or 3.13, and finds none of them on PATH." >&2; \
	  echo "Install one (apt install python3.11 python3.11-venv, brew install python@3.13, ...) and try again." >&2; \
	  exit 1; fi; \
	if ! $$python -m venv --clear .venv; then \
	  echo "Python can't make virtual environments here. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; fi
	@rm -f $@
	@{ $(PIP_INSTALL) --require-hashes -r requirements.lock && touch $@; } | { $(PROGRESS); }
	@test -e $@ && rm $@
	@$(PIP_INSTALL) --quiet --no-build-isolation --editable .
	@touch $@

.venv/site: .venv/ready requirements-site.lock
	@echo "Installing what makes the site and runs the notebooks; that takes up to a minute ..."
	@rm -f $@
	@{ $(PIP_INSTALL) --require-hashes -r requirements-site.lock && touch $@; } | { $(PROGRESS); }
	@test -e $@
