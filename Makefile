# Each target does its own set-up: uv is installed when it is missing, and Chromium for the browser tests.
UV := $(shell command -v uv 2>/dev/null || echo $(HOME)/.local/bin/uv)
RUN := $(UV) run --frozen --all-groups --all-extras
# Tests wait for processes, browsers and timers: a small machine is busier with one worker more than it has cores.
WORKERS := $(shell n=$$(nproc 2>/dev/null || echo 2); [ "$$n" -lt 4 ] && echo $$((n + 1)) || echo "$$n")
TEST := $(RUN) pytest --dist loadscope --no-loadscope-reorder
# Tests that start browsers, kill processes, build the wheel or ask hundreds of questions: .ci/run has them beside the rest.
APART := tests/chaos tests/commands/test_wheel.py $(patsubst %,tests/e2e/test_%.py,accessible browser playground popup replicas two_members)
# Without bytecode every process that a test or the bench starts would compile all libraries again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo reference weights weights-check weights-check-full test test-rest test-apart test-teams playground faults attacks lint types bench bench-memory bench-replicas trace desk eval words settings picture shots setup browser audit calendar whole fresh lowest chaos soak

demo: setup
	@echo "Starting: a made-up payer, the bot, and a conversation over real HTTP."
	@$(RUN) bcbst-bot demo

test: setup browser playground
	$(TEST) -n $(WORKERS)

# The two halves of `make test`, each a run of its own.
test-rest: setup
	$(TEST) -n $(WORKERS) $(APART:%=--ignore=%)

test-apart: setup browser playground
	$(TEST) -n 2 $(APART)

faults: setup browser
	$(RUN) pytest -n auto --dist loadscope -q -m "fault or threat" --table faults

attacks: setup browser
	$(RUN) pytest -n auto --dist loadscope -q -m attack --table attacks

test-teams: setup browser playground
	$(RUN) pytest tests/channels/teams tests/e2e/test_teams.py tests/e2e/test_popup.py tests/e2e/test_playground.py

lint: setup audit
	$(RUN) ruff check .
	$(RUN) ruff format --check .

# The tests that compute what they expect, on the days on which programs stumble: some minutes.
calendar: setup
	@WORKERS=$(WORKERS) bash .ci/calendar

# What `make test` proves by one of each kind, by all of them: some minutes.
whole: setup
	TEST_WHOLE=1 $(RUN) pytest -q tests/e2e/test_privacy.py

# The README's commands as a stranger to this repository runs them, with 8 workers and with one: about ten minutes.
fresh:
	@bash .ci/fresh demo 8 1

# The oldest versions that pyproject.toml allows, in environments of their own.
lowest: setup
	@UV="$(UV)" bash .ci/lowest

audit: setup
	@UV="$(UV)" bash .ci/audit

types: setup
	$(RUN) mypy bot intents tests bench

bench: setup
	$(RUN) python -m bench

# 20,000 messages answered in Slack and in Teams, and what the process has grown by: some minutes.
bench-memory: setup
	$(RUN) python -m bench.memory

# One, two, four and eight processes on PostgreSQL, far from payer and Slack: what each adds, and what limits it.
bench-replicas: setup
	$(RUN) python -m bench.replicas

# The files and functions of ours that one Slack question passes, counted live.
trace: setup
	@$(RUN) python -m bench.trace

# docs/settings.md and .env.example, from bot/config/settings.py.
settings: setup
	$(RUN) python -m tests.settings_page

# docs/pack-reference.md, from the names that bot.kit exports.
reference: setup
	$(RUN) python -m tests.pack_reference

# docs/conversation.png and docs/conversation.gif, from the developers' chat page.
picture: setup browser
	$(RUN) python -m tests.picture

# What people see, a picture a place, into shots/, which is not committed.
shots: setup browser
	$(RUN) python -m tests.shots shots

# The catalogues of templates/, up to date with what the templates say.
words: setup
	$(RUN) python -m bot.replies.update

# The directory desk asked by a hostile directory and by ordinary ones, every card held against the records.
desk: setup
	$(RUN) python -m tests.desk
	$(RUN) python -m tests.desk.matrix

eval: setup
	$(RUN) python -m tests.language.evaluate

# The weights that choose between intents, fitted on the sentences of intents/_sentences: 10 to 20 minutes, 5 GB.
weights: setup
	$(RUN) python -m tests.language.fit

# Whether the shipped weights were fitted on the shipped sentences, with the evidence that is found in them now, by the
# code of the fit as it is: a minute or two.
weights-check: setup
	$(RUN) python -m tests.language.stamp

# The same by fitting anew, byte for byte; where another processor adds up in another order, one row in a thousand and
# one step of a weight may differ.
weights-check-full: setup
	$(RUN) python -m tests.language.fit --check

setup:
	@[ -x "$(UV)" ] || echo "Setting up: uv, which installs the packages."
	@[ -x "$(UV)" ] || python3 -m pip install --quiet --user uv 2>/dev/null || python3 -m pip install --quiet --user --break-system-packages uv
	@[ .venv/.set-up -nt uv.lock ] || echo "Setting up: the packages of uv.lock, in .venv; the first time takes a minute or so."
	@$(UV) sync --frozen --all-groups --all-extras --quiet
	@touch .venv/.set-up 2>/dev/null || true

browser:
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 \
	  || { command -v apt-get >/dev/null 2>&1 && (apt-get update -qq && apt-get install -y -qq chromium) >/dev/null 2>&1; } \
	  || echo "No Chromium here: the browser tests will say that they skip."

playground:
	@[ tests/playground/node_modules/.package-lock.json -nt tests/playground/package-lock.json ] || { command -v npm >/dev/null 2>&1 \
	  && npm ci --prefix tests/playground --ignore-scripts --no-audit --no-fund --silent >/dev/null 2>&1; } \
	  || echo "No Agents Playground here (it needs node and npm): its tests will say that they skip."

# 200 processes killed while they answer and as many while they tell news, on SQLite and on PostgreSQL, and a batch
# that is killed: some minutes. `python -m tests.chaos --kills 500 --news 200 --rate 3` is the long form.
chaos: setup
	$(RUN) python -m tests.chaos

# One process for 20 minutes under 10 messages a second, one in twenty calls failing, with looks for news, tools for
# assistants, cards for front desks and lists from files beside.
soak: setup
	$(RUN) python -m tests.chaos.soak
