# The two commands for newcomers are `make demo` and `make test`.
BIN := .venv/bin
WORKERS ?= 2
# Each worker takes one core: threads that wait for one another would take the others.
QUIET := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE
LOCK := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test check format lock bench clean

help: ## What can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: ## Set up and start the product with a simulated camera line
	@./setup
	@exec $(BIN)/jidoka demo

test: ## Set up, a browser and PyTorch included, and run the tests (some of them: make test ARGS=tests/camera)
	@./setup --dev --browser --training
	$(QUIET) $(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: ## Format, lint, types, import contracts
	@./setup --dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: ## Format the code and mend what lint can mend
	@./setup --dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Resolve the dependencies again: requirements*.lock and package-lock.json (needs uv and Node.js)
	$(LOCK) --upgrade --output-file requirements.lock
	$(LOCK) --upgrade --extra dev --constraints requirements.lock --output-file requirements-dev.lock
	$(LOCK) --upgrade --extra training --constraints requirements.lock --output-file requirements-training.lock
	npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

bench: ## Measure the speed of the product
	@./setup --dev
	$(BIN)/python -m benchmarks

clean: ## Remove everything that was made here, but not data/
	rm -rf .venv .cache review_ui/static/vendor build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
