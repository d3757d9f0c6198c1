# A thin door to dev.py, which holds the commands; `make` alone lists them.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help map check test lint bench fuzz format env wheel lock clean

help:
	@$(PYTHON) dev.py --help

map check test lint bench fuzz format env wheel lock clean:
	@$(PYTHON) dev.py $@ $(ARGS)
