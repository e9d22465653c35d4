# Every target sets up what it needs, runs without root, and can be run again at no cost.

PYTHON ?= python3
VENV := .venv
DOCS_VENV := .venv-docs
BIN := $(VENV)/bin
# Installers leave modules uncompiled: where this is set, every process, kernel and server of the tests
# compiles what it imports again, which takes longer than most tests.
unexport PYTHONDONTWRITEBYTECODE
STAMP := $(VENV)/.installed
DOCS_STAMP := $(DOCS_VENV)/.installed
EXPORT := uv export --frozen --format requirements-txt --no-emit-project --no-emit-index-url \
	--no-header --no-annotate --quiet

# $(call environment,folder): an empty environment, or one line that says what is missing.
define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "This needs Python 3.11 or newer as $(PYTHON); name another with: make PYTHON=/path/to/python" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) lacks the venv module; install it (Debian: python3-venv)." >&2; exit 2; }
	@test -x $(1)/bin/python || { echo "Creating $(1)"; $(PYTHON) -m venv $(1); }
endef

# uv does not read pip's settings, so it is handed the index that pip uses.
INDEX = index="$${UV_DEFAULT_INDEX:-$${UV_INDEX_URL:-$${PIP_INDEX_URL:-$$($(PYTHON) -m pip config get global.index-url 2>/dev/null || true)}}}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi;

# $(call install,folder,lock): exactly what the lock names, every file checked against its hash.
# uv itself comes first, by pip and from the same lock; where uv finds no way through all the same,
# pip installs the lock.
define install
	@echo "Installing $(2) into $(1)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(1)/uv-only.lock
	@$(1)/bin/python -m pip install -qq --disable-pip-version-check \
		--require-hashes --no-deps -r $(1)/uv-only.lock
	@$(INDEX) \
		$(1)/bin/uv pip sync --quiet --python $(1)/bin/python --require-hashes $(2) || { \
		echo "uv could not install $(2); trying pip"; \
		$(1)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(2); }
endef

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP)  ## make .venv from requirements.lock and install the package in it, editable

$(STAMP): requirements.lock pyproject.toml
	$(call environment,$(VENV))
	$(call install,$(VENV),requirements.lock)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
		--no-deps --no-build-isolation --no-index --editable .
	@touch $@

.PHONY: demo
demo: setup  ## grade the committed synthetic samples by every rubric, into out/
	@$(BIN)/python -m lishui_credit.commands.demo

.PHONY: lint
lint: setup  ## ruff, the formatter and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict lishui_credit dashboards

# A browser and a Chinese font come from the system, not from a lock. Where they cannot be had, one
# line says what is missing and `make test` passes without the tests that need them.
.PHONY: browser
browser:  ## chromium, a Chinese font and nginx for the dashboard's tests (Debian as root installs them)
	@missing=""; browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }; \
	font() { fc-list :lang=zh 2>/dev/null | grep -q .; }; \
	if ! { browser >/dev/null && font; } && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium and fonts-noto-cjk"; \
		quick="-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15"; \
		{ apt-get $$quick update && DEBIAN_FRONTEND=noninteractive apt-get $$quick install -y \
			--no-install-recommends chromium fontconfig fonts-noto-cjk; } >/dev/null 2>&1 </dev/null || true; \
	fi; \
	browser >/dev/null || missing="chromium"; \
	font || missing="$${missing:+$$missing and }a Chinese font (Debian: fontconfig fonts-noto-cjk)"; \
	[ -z "$$missing" ] || echo "Not here: $$missing; the browser tests that need it are skipped."; \
	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends nginx-light >/dev/null 2>&1 </dev/null; } || \
		echo "Not here: nginx (Debian: nginx-light); the tests of the sample proxy are skipped."

# Servers come from the system too; the tests start their own on a socket and stop them again. Spark
# needs Java, printed JavaScript Node.
.PHONY: databases
databases:  ## PostgreSQL, MariaDB, Java and Node, in which the tests run what is printed (Debian as root installs them)
	@missing() { PATH="$$PATH:/usr/sbin:$$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')"; \
		command -v initdb >/dev/null && command -v psql >/dev/null || printf ' postgresql'; \
		command -v mariadbd >/dev/null && command -v mariadb >/dev/null || printf ' mariadb-server'; \
		command -v java >/dev/null || printf ' openjdk-17-jre-headless'; \
		command -v node >/dev/null || printf ' nodejs'; }; \
	if [ -n "$$(missing)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$(missing)"; \
		quick="-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15"; \
		{ apt-get $$quick update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get $$quick install -y \
			--no-install-recommends $$(missing); } >/dev/null 2>&1 </dev/null || true; \
	fi; \
	[ -z "$$(missing)" ] || echo "Not here (Debian):$$(missing); the tests that need them are skipped."

# Tests run in random order; in CI in the same one every time, so that a red run can be repeated.
SEED := $(if $(CI),--randomly-seed=2016)
# Three processes on two cores: one of them often waits for a browser, a server or Java.
SHARED := -n 3 --dist loadgroup --no-loadscope-reorder

# Beside the checks, the tests are read once: what pytest and hypothesis make of their source then lies
# ready for the three processes. An error in it is told by the run itself.
.PHONY: test
test: setup browser databases  ## lint, then every test, README and docstring example
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 & read=$$!; \
		$(MAKE) --no-print-directory lint; checked=$$?; wait $$read; exit $$checked
	$(BIN)/python -m pytest $(SHARED) $(SEED)

# The suite without the browser, its notebooks and servers included.
NO_BROWSER := $(SHARED) $(foreach one,browser access proxy openid,--ignore tests/test_dashboard_$(one).py)

.PHONY: test-floors
test-floors: setup  ## the suite on the lowest versions that pyproject.toml allows, without the browser
	$(call environment,.venv-floors)
	@echo "Installing the lowest allowed versions into .venv-floors"
	@$(INDEX) $(BIN)/uv pip install --quiet --python .venv-floors/bin/python \
		--resolution lowest-direct --editable '.[dev]'
	.venv-floors/bin/python -m pytest $(NO_BROWSER) $(SEED)

.PHONY: test-pythons
test-pythons: setup  ## the suite on every Python from 3.11 on that this machine has, without the browser
	@set -e; for python in $$($(BIN)/python tests/pythons.py); do \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python $$version"; \
		test -x .venv-python-$$version/bin/python || $$python -m venv .venv-python-$$version; \
		$(INDEX) $(BIN)/uv pip sync --quiet --python .venv-python-$$version/bin/python \
			--require-hashes requirements.lock; \
		$(BIN)/uv pip install --quiet --python .venv-python-$$version/bin/python --no-deps \
			--no-build-isolation --offline --editable .; \
		.venv-python-$$version/bin/python -m pytest $(NO_BROWSER) $(SEED); \
	done

# MODULES: some of those in tests/mutants.toml, by file name; JOBS: processes at a time, 2 if not said.
.PHONY: mutants
mutants: setup  ## change fourteen modules in small ways: in each, tests must notice 95 % of the changes
	@nice $(BIN)/python tests/mutants.py $(MODULES)

# COUNT: mutants, 5,000 if not said; SEED: other ones.
.PHONY: fuzz
fuzz: setup  ## damage files of every kind 5,000 times: each ends in a result or in one message
	@nice $(BIN)/python -m tests.fuzz

# COUNT: subjects, 10 million if not said; SEED: other ones; ENGINES=duckdb,mariadb: some of them.
.PHONY: parity
parity: setup databases  ## grade 10 million hostile subjects in every engine and compare every cell
	@nice $(BIN)/python -m tests.parity

.PHONY: bench
bench: setup  ## time grading and cut-offs on large synthetic frames
	@$(BIN)/python benchmarks/grade.py
	@$(BIN)/python benchmarks/cutoffs.py

# KEY: a private ed25519 key that signs the results file; OPTIONS: of `suite.py run`, as "--sets german".
.PHONY: suite
suite: setup peers  ## every contender on the same folds and questions, into one signed results file and a page
	@nice $(BIN)/python benchmarks/suite.py run $(OPTIONS)
	@$(BIN)/python benchmarks/suite.py results $(if $(KEY),--key $(KEY))
	@$(BIN)/python benchmarks/suite.py page

.PHONY: peers
peers: $(patsubst benchmarks/peers/%.txt,.venv-peers/%/.installed,$(wildcard benchmarks/peers/*.txt))  ## one environment each for the packages the benchmarks compare with

# A peer that does not install is no failure of ours: the benchmarks skip it with a word.
.venv-peers/%/.installed: benchmarks/peers/%.txt
	$(call environment,$(@D))
	@echo "Installing $< into $(@D)"
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --no-deps -r $< && touch $@ || \
		echo "$(*F) could not be installed; the benchmarks will skip it"

.PHONY: samples
samples: setup  ## write data_samples/ again from its seed
	@$(BIN)/lishui-credit samples data_samples

# CARDS: some of them, as german/1; all if not said.
.PHONY: models
models: setup  ## fit the reference cards in models/ again: the same bytes, or it says what changed
	@nice $(BIN)/python models/make.py $(CARDS)

# JupyterLab asks nobody for updates or news, and figures are kept as data, not with plotly's script.
.PHONY: lab
lab: setup  ## open the notebooks in JupyterLab
	@PLOTLY_RENDERER=plotly_mimetype $(BIN)/jupyter lab --notebook-dir=notebooks \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None 00_start.ipynb

.PHONY: notebooks
notebooks: setup browser  ## run the notebooks in place, outputs kept with them, and build their pages
	@$(BIN)/python notebooks/run.py
	@$(MAKE) --no-print-directory docs

# DATA: a store or file of observations, or a folder of them; without it the synthetic board.
.PHONY: dashboard
dashboard: setup  ## open the dashboard on synthetic data, or on yours: DATA=file.duckdb
ifdef DATA
	@LISHUI_CREDIT_DATA="$(DATA)" $(BIN)/streamlit run dashboards/app.py
else
	@$(BIN)/python -m lishui_credit.board out/board
	@$(BIN)/streamlit run dashboards/app.py
endif

.PHONY: pictures
pictures: setup browser  ## take the pictures of the dashboard again, into docs/images/
	@$(BIN)/python docs/pictures.py

.PHONY: docs
docs: $(DOCS_STAMP)  ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --strict --quiet
	@echo "Documentation: site/index.html; its search field needs a server: $(PYTHON) -m http.server -d site"

$(DOCS_STAMP): requirements-docs.lock
	$(call environment,$(DOCS_VENV))
	$(call install,$(DOCS_VENV),requirements-docs.lock)
	@touch $@

.PHONY: lock
lock: setup  ## resolve the newest allowed versions and write both locks
	$(BIN)/uv lock --upgrade --quiet
	$(BIN)/$(EXPORT) --extra dev --output-file requirements.lock
	$(BIN)/$(EXPORT) --extra docs --output-file requirements-docs.lock

.PHONY: clean
clean:  ## remove environments, caches and everything built
	rm -rf $(VENV) $(DOCS_VENV) .venv-peers .venv-floors .venv-python-* site out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
