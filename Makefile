# `make demo` and `make test` are all a person needs; `make help` lists the rest.
SWIFT     ?= swift
RELEASE   := .build/release
STATIC    := .build/static
WORKLOADS := Workloads/.build/x86_64-unknown-none-elf/release
NAME      ?= lab
# Seconds that CMD may take in the lab.
LIMIT     ?= 300
# What a machine with only Debian 12 and a Swift toolchain lacks.
PACKAGES  := libelf-dev libzstd-dev pkg-config zlib1g-dev zstd
TEST_PACKAGES := binutils python3 python3-venv
LAB_PACKAGES  := busybox-static cpio kmod linux-perf qemu-system-x86 trace-cmd

.PHONY: demo test test-long tests lab devices fuzz bench build static guests packages test-packages lint clean help

demo: build ## record the standard set of guests on /dev/kvm, or else in the lab, print the report; compare devices
	@if $(RELEASE)/sortie doctor >/dev/null; then $(RELEASE)/sortie record -o .build/demo.sortie && \
	  $(RELEASE)/sortie compare disk --blocks 2 --budget 12 && $(RELEASE)/sortie compare console --blocks 2 --budget 8; else \
	  echo "No guest can run on this host: $(RELEASE)/sortie doctor says why. The set runs in the lab instead, a host"; \
	  echo "that QEMU emulates: behaviour and counts are real, cycles are the emulator's."; \
	  $(MAKE) --no-print-directory lab NAME=demo CMD='sortie record -o demo.sortie'; fi

# One release build for all tiers: the static one, which the lab needs.
test test-long: export SORTIE_TEST_BINARY = $(CURDIR)/$(STATIC)/release/sortie

test: test-packages ## every test this host can run, and each fuzz target for 5 s
	@$(MAKE) --no-print-directory -j 2 lint static tests .build/scipy
	@Tests/run --skip-build

test-long: test-packages static .build/scipy ## every test with many more cases, the lab's TURNS=20 times, Linux 50 times: over an hour; what failed, at the end
	@Tests/run-long

lab: ## run CMD='...' in the lab, a host with SVM that QEMU emulates; its files come to .build/lab/$(NAME)
	@$(MAKE) --no-print-directory static >&2
	@Tests/Lab/run --name $(NAME) --limit $(LIMIT) -- '$(subst ','\'',$(value CMD))'

devices: static ## the same I/O of Linux over each device in the lab, against what is predicted: Reports/linux-devices-lab.md
	@Tests/Lab/compare-devices >.build/linux-devices-lab.md && mv .build/linux-devices-lab.md Reports/

fuzz: static ## libFuzzer on the parsers and device models, ten minutes each, two at a time
	@Tests/Fuzz/run 600

bench: build static ## the benchmarks whose figures stand in the README
	@Tests/Benchmarks/run

build: packages guests ## the tool and its guests, in .build/release
	$(SWIFT) build -c release --product sortie
	@mkdir -p $(RELEASE)/workloads
	@for image in $(WORKLOADS)/*.product; do cp "$${image%.product}" $(RELEASE)/workloads/ || exit 1; done

# A tool without shared libraries, and its guests beside it: for the lab, and for hosts without Swift.
static: packages guests
	$(SWIFT) build -c release --product sortie --scratch-path $(STATIC) --static-swift-stdlib \
	  -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xlinker -lz -Xlinker -s
	@mkdir -p $(STATIC)/release/workloads
	@for image in $(WORKLOADS)/*.product; do cp "$${image%.product}" $(STATIC)/release/workloads/; done

guests:
	$(SWIFT) build --package-path Workloads -c release --triple x86_64-unknown-none-elf

packages test-packages:
	@Tests/install $(PACKAGES) $(if $(filter test-packages,$@),$(TEST_PACKAGES) $(LAB_PACKAGES))

tests: packages
	$(SWIFT) build --build-tests

# The statistics are tested against SciPy, from PyPI.
.build/scipy:
	python3 -m venv $@.new && $@.new/bin/pip install --quiet --disable-pip-version-check scipy && mv $@.new $@

lint: ## the formatter's rules, strictly
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Workloads/Package.swift Workloads/Sources Workloads/GuestABI/Package.swift

clean: ## remove what was built
	rm -rf .build Workloads/.build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
