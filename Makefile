# Everything starts from a bare checkout: each target first sets up what is missing, and skips what is there.
.PHONY: run setup test check bench demo clean
export PORT HOST PYTHON

run:    ## the example county at http://127.0.0.1:8000 (PORT=… to change)
	@sh tools/bootstrap run
setup:  ## virtual environment, packages, front-end assets
	@sh tools/bootstrap setup
test:   ## checks, and every test on PostgreSQL 18, 16 and partitioned tables, browser included
	@sh tools/bootstrap test
check:  ## ruff, mypy, import-linter, migrations
	@sh tools/bootstrap check
bench:  ## measured against peers in one run
	@sh tools/bootstrap bench
demo:   ## the example county's people and cases, without serving
	@sh tools/bootstrap demo
clean:  ## what setup made; var/ (all state) stays
	@sh tools/bootstrap clean
