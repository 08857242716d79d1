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

BUILD ?= build
SETUP ?=
FUZZ_SECONDS ?= 60

.PHONY: all demo test asan tsan lint fuzz bench install clean

all: node_modules/.installed
	@packaging/install run build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix=/usr $(SETUP) >$(BUILD).log 2>&1 \
	  || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@ninja -C $(BUILD) --quiet

# The API's documentation page is npm's swagger-ui-dist, served locally. Where npm cannot reach its
# registry everything else still builds; /docs then says what is missing.
node_modules/.installed: package.json package-lock.json
	@packaging/install node
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || \
	  echo "npm could not fetch swagger-ui-dist; /docs will say so" >&2
	@mkdir -p node_modules && touch $@

demo: all
	@packaging/install demo
	@VIDEO="$(VIDEO)" KEEP="$(KEEP)" tests/demo.sh $(BUILD)/aive

test: all
	@packaging/install test
	@/usr/bin/python3 tests/run.py $(BUILD) $(T)

asan:
	@packaging/install lint
	@$(MAKE) --no-print-directory test BUILD=build-asan SETUP="-Db_sanitize=address,undefined"

tsan:
	@packaging/install lint
	@$(MAKE) --no-print-directory test BUILD=build-tsan SETUP="-Db_sanitize=thread"

lint: all
	@packaging/install lint
	@tests/lint.sh

fuzz:
	@packaging/install run build lint
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

bench: all
	@packaging/install test bench
	@bench/run.sh $(BUILD)

install: all
	@meson install -C $(BUILD) --quiet

clean:
	rm -rf build build-*
