# `make` alone lists what there is. The first two commands set up all they need: Python 3.11 or later is enough.

PYTHON ?= python3
BIN := .venv/bin
SAM := PATH="$(CURDIR)/$(BIN):$$PATH" SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

.DEFAULT_GOAL := help

.PHONY: help
help: ## lists these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the two commands -------------------------------------------------------------------------------------------------

.PHONY: run
run: .venv/ready .venv-sam/ready ## shows the main job: emulated AWS, simulated Genesys Cloud, real template
	@$(BIN)/python local/run.py

.PHONY: test
test: .venv/ready .venv-sam/ready ## runs all tests, the end-to-end ones on a stack deployed for them
	@$(BIN)/python -m pytest
	@echo "All tests passed. What next: make run shows the main job, make lint and make typecheck check the rest."

# --- play -------------------------------------------------------------------------------------------------------------

.PHONY: up
up: .venv/ready .venv-sam/ready ## keeps the local stack running and says how to play with it
	@$(BIN)/python local/up.py

.PHONY: send
send: .venv/ready ## drops EVENT=file or TEXT='...' on the queue of `make up`
	@$(BIN)/python local/play.py send '$(or $(TEXT),$(EVENT),events/queue/raise.json)'

.PHONY: invoke
invoke: .venv/ready ## hands EVENT=file or TEXT='...' to the function of `make up`
	@$(BIN)/python local/play.py invoke '$(or $(TEXT),$(EVENT),events/invoke/request.json)'

.PHONY: alarm
alarm: .venv/ready ## turns the alarm of `make up` to STATE=ALARM or STATE=OK
	@$(BIN)/python local/play.py alarm '$(or $(STATE),ALARM)'

.PHONY: measure
measure: .venv/ready ## has the latency probe of `make up` measure; MS='5500 6000': an action gets slow first
	@$(BIN)/python local/play.py measure '$(MS)'

.PHONY: trouble
trouble: .venv/ready ## makes the simulator of `make up` misbehave: FAULT='{...}'
	@$(BIN)/python local/play.py trouble '$(FAULT)'

.PHONY: outcomes flows ledger dead-letters logs
outcomes: .venv/ready ## shows what became of requests and alarms in `make up`
flows: .venv/ready ## shows the simulator's Data Actions of `make up`
ledger: .venv/ready ## shows what the function of `make up` could put back
dead-letters: .venv/ready ## shows what was refused in `make up`, and why
logs: .venv/ready ## shows the function's log of `make up`
outcomes flows ledger dead-letters logs:
	@$(BIN)/python local/play.py $@

# --- work on it -------------------------------------------------------------------------------------------------------

CODE := functions layers local tests benchmarks

.PHONY: unit
unit: .venv/ready ## runs the fast tests only
	@$(BIN)/python -m pytest tests/unit tests/property

.PHONY: storm
storm: .venv/ready ## rages a storm of faults and checks the laws: SEED=, REQUESTS=, FLOWS=, INSTANCES=, MINUTES=
	@PYTHONPATH=local:tests $(BIN)/python -m storm $(if $(SEED),--seed $(SEED)) $(if $(REQUESTS),--requests $(REQUESTS)) \
		$(if $(FLOWS),--flows $(FLOWS)) $(if $(INSTANCES),--instances $(INSTANCES)) $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: sdk
sdk: .venv/ready .venv-sdk/ready ## holds the simulator to the official SDK: its client and its models
	@SDK_PYTHON=$(CURDIR)/.venv-sdk/bin/python $(BIN)/python -m pytest tests/sdk

.PHONY: fuzz
fuzz: .venv-fuzz/ready ## fuzzes what reads input, guided by coverage (Linux); SECONDS=600: for longer
	@PYTHONPATH=functions/timeout_raiser:layers/aws_support/python:layers/genesys_cloud/python:tests \
		.venv-fuzz/bin/python tests/fuzz/run.py $(or $(SECONDS),60)

.PHONY: lint
lint: .venv/ready .venv-sam/ready ## checks code and template
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/cfn-lint template.yaml
	@$(BIN)/cfn-lint --append-rules cfn_lint_serverless.rules --template template.yaml
	@$(SAM) validate --lint

.PHONY: audit
audit: .venv/ready .venv-audit/ready ## audits the template, also as CloudFormation gets it: checkov, and every exception
	@CHECKOV=$(CURDIR)/.venv-audit/bin/checkov $(BIN)/python -m pytest tests/audit

.PHONY: typecheck
typecheck: .venv/ready ## checks the types, strictly
	@$(BIN)/mypy $(CODE)

.PHONY: format
format: .venv/ready ## formats the code
	@$(BIN)/ruff check --fix --quiet $(CODE) || true
	@$(BIN)/ruff format $(CODE)

.PHONY: bench
bench: .venv/ready ## measures speed as ratios in one run
	@$(BIN)/python benchmarks/run.py

.PHONY: endurance
endurance: .venv/ready ## simulates hours of rate limit and outage, and prints figures: two minutes
	@$(BIN)/python tests/simulation/figures.py

.PHONY: schema
schema: .venv/ready ## writes the published JSON Schemas from the code
	@PYTHONPATH=functions/timeout_raiser:layers/aws_support/python:layers/genesys_cloud/python $(BIN)/python -c \
		"import timeout_request; print(timeout_request.schema_text(), end='')" > events/schemas/request-v1.json
	@PYTHONPATH=functions/timeout_raiser:layers/aws_support/python:layers/genesys_cloud/python $(BIN)/python -c \
		"import routing; print(routing.schema_text(), end='')" > events/schemas/alarm-routes-v1.json

.PHONY: lock
lock: .venv/ready ## compiles the pinned requirements anew
	@$(BIN)/python -m pip install --quiet --quiet uv
	@for name in layers/dependencies/requirements requirements/dev requirements/sam requirements/sdk requirements/audit \
			requirements/fuzz; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
			--no-header --no-emit-index-url $$name.in -o $$name.txt || exit 1; done

.PHONY: clean
clean: ## removes what was built and installed
	rm -rf .venv .venv-sam .venv-sdk .venv-audit .venv-fuzz .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments -----------------------------------------------------------------------------------------------------

# The locks are complete, so nothing is resolved (--no-deps) and nothing unpinned can slip in (--require-hashes).
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.13 ...")'
	@echo "setting up $(@D) ($(1))"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@
endef

.venv/ready: requirements/dev.txt
	$(call install,tests$(comma) linters$(comma) emulated AWS: half a minute)

.venv-sam/ready: requirements/sam.txt
	$(call install,the SAM CLI: a minute)

# Large (200 MB), and only for this check and the SDK's rows of the benchmarks.
.venv-sdk/ready: requirements/sdk.txt
	$(call install,the official SDK of Genesys Cloud: half a minute)

# Large as well (290 MB).
.venv-audit/ready: requirements/audit.txt
	$(call install,checkov: half a minute)

.venv-fuzz/ready: requirements/fuzz.txt
	$(call install,atheris: half a minute)

comma := ,
