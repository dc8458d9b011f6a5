# SPDX-License-Identifier: MIT
# The few commands a visitor needs; the work is done by CMake (CMakePresets.json) and by tools/.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := build
.PHONY: build deps demo test install bench fuzz cross format docs clean help

build: ## build the libraries and the command into build/
	@tools/build default

deps: ## install the Debian and node packages that are missing
	@tools/deps build test

demo: ## install what is missing, build, and stream a built-in venue: no network, no account
	@tools/deps build
	@tools/build default weir_command
	@build/weir demo --duration 10s --format pretty

test: ## install what is missing, build, and run every check (also under sanitizers)
	@tools/deps build test
	@tools/test

install: build ## install into PREFIX (default /usr/local; DESTDIR is honoured)
	@cmake --install build --prefix $(PREFIX)

bench: ## install what is missing, build with -O3 and run the benchmarks
	@tools/deps build test bench
	@tools/build release bench
	@tools/bench build-release

fuzz: ## run every fuzz target for FUZZ_SECONDS (default 60) each
	@tools/deps build test
	@tools/build fuzz fuzz
	@tools/fuzz build-fuzz $(FUZZ_SECONDS)

cross: ## build for AArch64 and run the unit tests there, under qemu
	@tools/deps build cross
	@tools/cross

format: ## lay out the sources with clang-format
	@tools/format --write

docs: ## put the tables of keys and functions into the pages of docs/, and draw their charts
	@tools/deps build
	@tools/build default weir_command
	@tools/reference build/weir --write
	@bench/chart.py --write

clean: ## remove every build folder
	@rm -rf build build-asan build-tsan build-fuzz build-release build-cross

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
