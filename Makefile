PORT ?= 8000
python := .venv/bin/python

.PHONY: help demo test soak check bench audit wheel format messages messages-update lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.runtime messages ## show the platform with sample coverage (PORT=8000)
	@PORT=$(PORT) exec scripts/demo

test: .venv/.installed ## run all tests (to select some: scripts/test -k live)
	scripts/test

soak: .venv/.installed ## run all tests with large counts, and on every combination of services
	SOAK=1 scripts/test

check: .venv/.installed node_modules/.installed messages ## check style, types, migrations, translations and settings
	scripts/check

bench: .venv/.installed messages ## measure delivery, pages and moderation, as ratios (BENCH="fanout --rounds 1")
	SECRET_KEY=bench STATIC_ROOT=$(CURDIR)/.cache/static $(python) manage.py collectstatic --noinput --verbosity 0
	STATIC_ROOT=$(CURDIR)/.cache/static scripts/services -- $(python) -m bench $(BENCH)

audit: .venv/.installed audit/node_modules/.installed messages ## measure the reader's pages, on an idle machine (AUDIT="weight shift")
	scripts/audit $(AUDIT)

wheel: .venv/.installed ## build a wheel with all files, in dist/
	$(python) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

format: .venv/.installed node_modules/.installed ## format Python, templates, JavaScript and CSS, and fix some lint errors
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	scripts/templates --write
	npm run --silent format

messages: .venv/.runtime ## compile the translations that changed
	@$(python) scripts/compile_messages.py

messages-update: .venv/.installed ## update locale/ with the strings of the code
	$(python) scripts/check_messages.py --write

compile := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header
lock: .venv/.installed ## pin the dependencies again (UPGRADE=--upgrade for newer ones)
	$(compile) $(UPGRADE) pyproject.toml -o requirements.txt
	$(compile) $(UPGRADE) pyproject.toml --extra dev --extra offline --extra sentry --extra otel -c requirements.txt -o requirements-dev.txt

# One environment, installed in two steps, so that the demo starts without the developers' tools.
.venv/.runtime: requirements.txt | $(python)
	$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.installed: requirements-dev.txt | $(python)
	$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch .venv/.runtime $@

# The tools for JavaScript and CSS. They are not part of the product.
node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || scripts/install nodejs npm
	npm ci --no-progress
	@touch $@

# Lighthouse and the HTML checker are large, and only make audit needs them.
audit/node_modules/.installed: audit/package.json audit/package-lock.json
	@command -v npm >/dev/null || scripts/install nodejs npm
	cd audit && npm ci --ignore-scripts --no-progress
	@touch $@

$(python):
	@for candidate in python3.13 python3.12 python3.11 python3; do \
		if $$candidate -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$candidate -m venv .venv; \
		fi; \
	done; \
	echo 'Python 3.11 or newer with its venv module is needed. On Debian: apt-get install python3 python3-venv' >&2; \
	exit 1
