# SPDX-License-Identifier: GPL-3.0-or-later
# Friendly words in front of Meson and Ninja. Each target installs what it needs (Debian 12).
#
#   make          build/aive
#   make demo     the whole path on a real clip   (VIDEO=my.mp4 for yours, KEEP=1 to stay up)
#   make test     build and run every test        (T=name for one file of tests/integration)
#   make asan     the suites under AddressSanitizer and UndefinedBehaviorSanitizer
#   make tsan     the suites under ThreadSanitizer
#   make lint     clang-tidy, cppcheck, spelling, a build with clang
#   make fuzz     every fuzz target for FUZZ_SECONDS each
#   make bench    programs that print numbers
#   make effect-stills   docs/effects.md and its pictures
#   make install  into PREFIX, below DESTDIR

BUILD ?= build
SETUP ?=
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

# Groups of packaging/debian-packages.txt for all goals of the command line, so that apt runs once.
NEEDS = run build node $(filter demo test lint,$(MAKECMDGOALS:bench=test))

.PHONY: all packages demo test asan tsan lint fuzz bench effect-stills install clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) $(if $(MAKE_TERMOUT),,--quiet)

packages:
	@packaging/install $(NEEDS)

# The API's documentation page is npm's swagger-ui-dist, served locally. Where npm cannot reach its
# registry everything else still builds, and the old date lets the next make try again.
node_modules/.installed: package.json package-lock.json | packages
	@if npm ci --ignore-scripts --no-audit --no-fund --no-progress --loglevel=silent --fetch-retries=0 \
	    --fetch-timeout=60000 >/dev/null; then touch $@; else mkdir -p node_modules; \
	  touch -d @0 $@; echo "npm ci could not fetch swagger-ui-dist; only the page /docs lacks it" >&2; fi

$(BUILD)/build.ninja: node_modules/.installed | packages
	@meson setup $(if $(wildcard $@),--reconfigure,--prefix=$(PREFIX) $(SETUP)) $(BUILD) \
	  >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

demo: all
	@tests/demo.sh $(BUILD)/aive

test: all
	@/usr/bin/python3 tests/run.py $(BUILD) $(T)

asan:
	@$(MAKE) --no-print-directory test BUILD=build-asan SETUP="-Db_sanitize=address,undefined"

tsan:
	@$(MAKE) --no-print-directory test BUILD=build-tsan SETUP="-Db_sanitize=thread"

lint: all
	@tests/lint.sh

fuzz:
	@packaging/install run build lint
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

bench: all
	@bench/run.sh $(BUILD)

effect-stills: all
	@$(BUILD)/tools/effect_stills docs

install: all
	@meson install -C $(BUILD) --quiet $(if $(DESTDIR),--destdir "$(abspath $(DESTDIR))")

clean:
	rm -rf build build-*
