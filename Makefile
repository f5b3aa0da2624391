# SPDX-License-Identifier: Apache-2.0
#
# make            build everything into build/
# make demo       install what is needed, build, replay a shipped capture
# make check      install what is needed, build, run every test
# make help       the rest
#
# V=1 shows commands, SAN=1 builds with address and undefined sanitizers (into
# build-san/), CC=clang works.

SHELL    := /bin/bash
VERSION  := 0.1.0
PREFIX   ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR  ?=
D         = $(DESTDIR)$(PREFIX)
SAN      ?=
B        ?= build$(if $(SAN),-san)
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG    ?= clang
BPFTOOL  ?= bpftool
OPT      ?= -O2 -g
PKGS_PC  := libpcap libndpi zlib libzstd libssl libcrypto htp jansson libbrotlidec \
            libmagic libarchive liblzma liblz4 snappy libnghttp2 libnghttp3 \
            libbpf libcyaml yaml-0.1 libhs sqlite3 libseccomp libsystemd

# Debian 12: what building needs, then what the tests need beside it.
DEPS := gcc libc6-dev pkg-config libpcap-dev libndpi-dev zlib1g-dev libzstd-dev \
	libssl-dev libhtp-dev libjansson-dev libbrotli-dev libmagic-dev \
	libarchive-dev libbz2-dev liblzma-dev liblz4-dev libsnappy-dev libxxhash-dev \
	libnghttp2-dev libnghttp3-dev libbpf-dev libcyaml-dev \
	libyaml-dev libvectorscan-dev \
	libsqlite3-dev sqlite3 libseccomp-dev libsystemd-dev \
	uthash-dev clang libclang-rt-dev bpftool linux-libc-dev \
	libcmocka-dev python3 python3-jsonschema mandoc curl nginx-light \
	tcpdump tshark iproute2 ethtool file unzip poppler-utils \
	openssl openssh-client libndpi-bin \
	gnutls-bin wget libnss3-tools caddy ngtcp2-client ngtcp2-server chromium \
	python3-brotli python3-lz4 python3-snappy python3-zstandard p7zip-full gcab \
	clamav clamav-freshclam dnsmasq-base openjdk-17-jre-headless python3-pefile \
	qemu-system-x86 cpio busybox-static procps xxd

WARN := -Wall \
	-Wextra \
	-Wshadow \
	-Wstrict-prototypes \
	-Wmissing-prototypes \
	-Wpointer-arith \
	-Wwrite-strings \
	-Wno-unused-parameter \
	$(if $(CI),-Werror)

comma    := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
PC_CFLAGS := $(shell pkg-config --cflags $(PKGS_PC) 2>/dev/null)
PC_LIBS   := $(shell pkg-config --libs $(PKGS_PC) 2>/dev/null)
CPPFLAGS += -D_GNU_SOURCE -DTELLTAP_VERSION='"$(VERSION)"' -Iinclude -Idaemon -I. -I$(B) $(PC_CFLAGS)
# Functions of the library call each other as they stand, and may be put in line:
# nobody is to replace one of them alone.
ALL_CFLAGS = -std=gnu11 -ffile-prefix-map=$(CURDIR)=. $(OPT) $(WARN) -fPIC -fno-semantic-interposition -pthread -fno-strict-aliasing $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pthread $(SANFLAGS) $(LDFLAGS)
LIBS     := $(PC_LIBS) -lbz2 -lm

Q := $(if $(V),,@)
msg = $(if $(V),,@printf '  %-8s %s\n' "$(1)" "$(patsubst $(B)/%,%,$@)";)

CLI_SRC   := $(wildcard daemon/cli/*.c)
CLI_OBJ   := $(CLI_SRC:%.c=$(B)/%.o)
LIB_SRC   := $(filter-out $(CLI_SRC),$(wildcard daemon/*/*.c daemon/*/*/*.c))
LIB_OBJ   := $(LIB_SRC:%.c=$(B)/%.o)
PROG_SRC  := $(wildcard daemon/*.c)
HEADERS   := $(wildcard include/telltap/*.h)
EXAMPLES  := $(patsubst docs/%.c,$(B)/docs/%,$(wildcard docs/*.c))
PROGS     := $(PROG_SRC:daemon/%.c=$(B)/%)
UNIT_SRC  := $(wildcard tests/unit/*/test_*.c)
UNITS     := $(UNIT_SRC:%.c=$(B)/%)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
REPLAYS   := $(FUZZ_SRC:%.c=$(B)/%)
FUZZERS   := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/libfuzzer/%)
TOOLS_SRC := $(wildcard tests/bench/*.c tests/lab/*.c tests/e2e/*.c)
TOOLS     := $(TOOLS_SRC:%.c=$(B)/%)
TEST_OBJ  := $(UNITS:=.o) $(TOOLS:=.o) $(REPLAYS:=.o) $(B)/tests/fuzz/main.o

# Programs for the kernel are linked into one object, but for the filter, which
# is loaded once per network namespace.
BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
BPF_SRC  := $(filter-out bpf/filter.bpf.c,$(wildcard bpf/*.bpf.c))
BPF_SKEL := $(B)/bpf/tap.skel.h $(B)/bpf/filter.skel.h

all: $(PROGS) $(B)/libtelltap.a $(B)/libtelltap.so $(B)/telltap.pc
	@:

$(B)/bpf/%.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call msg,BPF)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -g -O2 -Wall -D__TARGET_ARCH_$(BPF_ARCH) \
	    -I/usr/include/$(shell uname -m)-linux-gnu -MMD -MP -c -o $@ $<

$(B)/bpf/tap.linked: $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.o)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/bpf/filter.linked: $(B)/bpf/filter.o
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/bpf/%.skel.h: $(B)/bpf/%.linked
	$(call msg,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

$(filter $(B)/daemon/kernel/%,$(LIB_OBJ)): | $(BPF_SKEL)

$(B)/daemon/%.o: daemon/%.c
	@mkdir -p $(@D)
	$(call msg,CC)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libtelltap.a: $(LIB_OBJ)
	$(call msg,AR)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

# Only the public functions can be seen from outside.
SONAME := libtelltap.so.0
$(B)/libtelltap.so: $(LIB_OBJ) include/telltap/libtelltap.map
	$(call msg,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(SONAME) \
	    -Wl,--version-script,include/telltap/libtelltap.map -o $@ $(LIB_OBJ) $(LIBS)
	$(Q)ln -sf libtelltap.so $(B)/$(SONAME)

$(B)/telltap.pc: Makefile
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' \
	    'includedir=$${prefix}/include' '' 'Name: telltap' \
	    'Description: what leaves a machine, with evidence' \
	    'Version: $(VERSION)' 'Cflags: -I$${includedir}' \
	    'Libs: -L$${libdir} -ltelltap' \
	    'Libs.private: $(PC_LIBS) -lbz2 -pthread -lm' > $@

# The library's examples, built as a stranger would: public headers only.
$(EXAMPLES): $(B)/docs/%: docs/%.c $(HEADERS) $(B)/libtelltap.so
	@mkdir -p $(@D)
	$(call msg,EXAMPLE)
	$(Q)$(CC) -std=c11 -D_DEFAULT_SOURCE $(OPT) $(WARN) $(SANFLAGS) -Iinclude -o $@ $< -L$(B) -ltelltap

$(B)/telltap: $(CLI_OBJ)
$(PROGS): $(B)/%: $(B)/daemon/%.o $(B)/libtelltap.a
	$(call msg,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libtelltap.a $(LIBS)

$(TEST_OBJ): $(B)/tests/%.o: tests/%.c | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(call msg,CC)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The whole command line, with some of the library replaced.
$(B)/tests/bench/unhashed: $(CLI_OBJ) $(B)/daemon/telltap.o

$(UNITS) $(TOOLS): %: %.o $(B)/libtelltap.a
	$(call msg,TEST)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libtelltap.a -lcmocka $(LIBS)

$(REPLAYS): %: %.o $(B)/tests/fuzz/main.o $(B)/libtelltap.a
	$(call msg,FUZZ)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS)

FUZZ_H := $(wildcard tests/fuzz/*.h)

FUZZ_FLAGS := -std=gnu11 -O1 -g -w -pthread -fsanitize=address,undefined
FUZZ_CC   ?= $(CLANG)
FUZZ_OBJ  := $(LIB_SRC:%.c=$(B)/libfuzzer/%.o)

$(FUZZ_OBJ): $(B)/libfuzzer/%.o: %.c | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(call msg,CC)
	$(Q)$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

# An archive, as for the unit tests: what a test stands in for stays out.
$(B)/libfuzzer/libtelltap.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(FUZZERS): $(B)/libfuzzer/%: tests/fuzz/%.c $(FUZZ_H) $(B)/libfuzzer/libtelltap.a
	$(call msg,FUZZER)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< $(B)/libfuzzer/libtelltap.a $(LIBS)

# One process per group; a failure names the group and stops the run.
unit: $(UNITS)
	@set -e; for t in $(UNITS); do $$t > $$t.log 2>&1 || { cat $$t.log; echo "FAILED $$t"; exit 1; }; \
	    grep -h 'PASSED' $$t.log | sed "s|^|$${t#$(B)/tests/unit/}: |"; done

# The kernel tap against live traffic on this machine's own addresses.
check-root: $(B)/tests/e2e/tap $(B)/tests/e2e/storm
	@$(B)/tests/e2e/tap alone 20 40000
	@$(B)/tests/e2e/tap 500 40000
	@ip netns add telltap-e2e && ip -n telltap-e2e link set lo mtu 1500 up && \
	    ip netns exec telltap-e2e sh -c "echo 0 0 > /proc/sys/net/ipv4/ping_group_range" && \
	    { $(B)/tests/e2e/tap 500 1000 telltap-e2e; r=$$?; ip netns del telltap-e2e; exit $$r; }

# The same on Debian's own kernel, in qemu; the kernel's package is downloaded.
check-kernels: $(addprefix $(B)/,telltap $(addprefix tests/e2e/,tap storm sctp_peer hooked))
	@B=$(B) tests/e2e/check-kernels

# The unit, under a systemd of its own.
check-systemd: all
	@B=$(B) tests/e2e/check-systemd

# LibreOffice opens the canaries of its types: OFFICE_DEPS are some 300 MB.
OFFICE_DEPS := libreoffice-writer-nogui libreoffice-calc-nogui
check-office: all
	@B=$(B) tests/e2e/check-office

# Each process of a live run killed at KILLS moments; 12 take some four minutes.
KILLS ?= 50
check-kills: all
	@tests/e2e/kills.py $(B) --rounds $(KILLS)

# Plaintext at the TLS library, with 100 MB in place of 10.
check-hooks: $(B)/telltap
	@B=$(B) HOOKS_SIZE=104857600 tests/e2e/run hooks

# All of the encrypted lab; make check has a part of it.
check-tls-lab: $(B)/telltap
	@tests/lab/run-lab --tls $(B)/telltap $(VARIANTS)

corpora: $(REPLAYS)
	@set -e; for t in $(REPLAYS); do c=tests/fuzz/corpus/$${t##*/fuzz_}; $$t $$c; done

fuzz: $(FUZZERS)
	@set -e; for t in $(FUZZERS); do n=$${t##*/fuzz_}; mkdir -p $(B)/corpus/$$n; \
	    $$t -max_total_time=$${FUZZ_SECONDS:-60} -rss_limit_mb=2048 $(B)/corpus/$$n tests/fuzz/corpus/$$n; done

# Captures of other projects with some of their bytes changed, under sanitizers.
mutants:
	@$(MAKE) --no-print-directory SAN=1 build-san/telltap
	@tests/fuzz/mutants.py build-san/telltap $${CAPTURES:-../shared/captures} $${MUTANT_SECONDS:-300} $(SEED)

# Speed and memory beside peers, in one run; some minutes. BENCH="--scale 0.1".
# Then the error rates of docs/validation.md: of what was read, and of what sizes
# alone say; then what watching costs the machine, as root. LIVE="--rounds 20".
INFERENCE ?= --cases 2000 --redraws 999
bench: deps
	@$(MAKE) --no-print-directory all $(B)/tests/bench/generate \
	    $(B)/tests/bench/pcap_loop $(B)/tests/bench/generate_tls $(B)/tests/bench/decrypt \
	    $(B)/tests/bench/inference $(B)/tests/bench/inference_files \
	    $(B)/tests/bench/lists $(B)/tests/bench/load \
	    $(B)/tests/bench/content $(B)/tests/bench/unhashed
	@tests/bench/bench.py $(B) $(BENCH)
	-@tests/bench/validation.py $(B)
	@$(B)/tests/bench/inference $(INFERENCE)
	@$(B)/tests/bench/inference_files $(INFERENCE)
	@tests/bench/live.py $(B) $(LIVE)

# One list of packages for all who build; a quick look when all are there.
deps:
	@missing=$$(comm -23 <(printf '%s\n' $(DEPS) | sort) \
	    <(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(DEPS) 2>/dev/null | \
	    sed -n 's/^installed //p' | sort -u)); \
	if [ -n "$$missing" ]; then \
		echo "installing:" $$missing; \
		as=; [ "$$(id -u)" = 0 ] || as=sudo; \
		DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -q \
		    --no-install-recommends $$missing < /dev/null; \
	fi

# Real captures, the files they may be about, and the case that comes of it.
demo: deps
	@$(MAKE) --no-print-directory all
	@tests/e2e/demo $(B)

check: deps
	@$(MAKE) --no-print-directory all examples
	@$(MAKE) --no-print-directory unit corpora
	@B=$(B) tests/e2e/run

check-san:
	@$(MAKE) --no-print-directory SAN=1 unit corpora

examples: $(EXAMPLES)

install: all
	install -d $(D)/bin $(D)/lib/pkgconfig $(D)/include/telltap $(D)/share/man/man1 $(D)/share/telltap/profiles
	install -m 755 $(PROGS) $(D)/bin
	install -m 644 $(B)/libtelltap.a $(D)/lib
	install -m 755 $(B)/libtelltap.so $(D)/lib/$(SONAME)
	ln -sf $(SONAME) $(D)/lib/libtelltap.so
	install -m 644 $(B)/telltap.pc $(D)/lib/pkgconfig
	install -m 644 $(HEADERS) $(D)/include/telltap
	install -m 644 docs/telltap.1 $(D)/share/man/man1
	install -d $(D)/share/man/man5 $(D)/share/man/man8 $(D)/lib/systemd/system $(D)/lib/sysusers.d $(D)/lib/tmpfiles.d $(DESTDIR)$(SYSCONFDIR)/telltapd
	install -m 644 docs/telltapd.yaml.5 $(D)/share/man/man5
	install -m 644 docs/telltapd.8 $(D)/share/man/man8
	sed 's|/usr/bin/telltapd|$(PREFIX)/bin/telltapd|' systemd/telltapd.service > $(D)/lib/systemd/system/telltapd.service
	install -m 644 systemd/telltapd.sysusers $(D)/lib/sysusers.d/telltapd.conf
	install -m 644 systemd/telltapd.tmpfiles $(D)/lib/tmpfiles.d/telltapd.conf
	[ -e $(DESTDIR)$(SYSCONFDIR)/telltapd/config.yaml ] || install -m 644 systemd/config.yaml $(DESTDIR)$(SYSCONFDIR)/telltapd
	install -m 644 docs/events.schema.json $(D)/share/telltap
	install -m 644 daemon/profile/profiles/*.yaml $(D)/share/telltap/profiles

help:
	@printf '%s\n' \
	    'make                 build everything into build/' \
	    'make demo            install what is needed, build, replay a shipped capture' \
	    'make check           install what is needed, build, run every test' \
	    'make check-root      tests that need root and the kernel' \
	    'make check-kernels   the same on Debian'"'"'s own kernel, in qemu' \
    'make check-systemd   the service under a systemd of its own' \
    'make check-office    LibreOffice opens canaries; needs $(OFFICE_DEPS)' \
	    'make check-kills     kill -9 of each process of a live run, many times' \
	    'make check-hooks     plaintext at TLS libraries, with larger files' \
	    'make check-tls-lab   what is sent by real TLS peers, read with their keys' \
	    'make check-san       unit tests and corpora under sanitizers' \
	    'make unit corpora    the quick tests alone' \
	    'make mutants         mutated captures (CAPTURES) under sanitizers' \
	    'make bench           speed and memory beside peers; some minutes' \
	    'make fuzz            every fuzzer for FUZZ_SECONDS each (60)' \
	    'make install         under DESTDIR and PREFIX ($(PREFIX))' \
	    'make deps            the Debian packages that all of this needs' \
	    'make clean' \
	    'V=1 shows commands; SAN=1 builds with sanitizers into build-san/; CC=clang works'

clean:
	rm -rf build build-san

-include $(wildcard $(B)/bpf/*.d) $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(PROG_SRC:%.c=$(B)/%.d) $(TEST_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d)

.PHONY: bench all unit check-root check-kernels check-systemd check-office check-kills check-hooks check-tls-lab corpora fuzz mutants clean deps demo check check-san examples install help
.DELETE_ON_ERROR:
