#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An installed tree runs where it lies, and a stranger's program builds with it
# by pkg-config, against either library.

. "$(dirname "$0")/check.sh"
if [ -n "${SAN-}" ] || [[ $B = *-san ]]; then
	skip "an instrumented build is not installed"
	done_testing
fi
root=$work/root
export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
cc=${CC:-cc}

ok "install" make -s --no-print-directory B="$B" DESTDIR="$root" PREFIX=/usr install
for f in bin/telltap lib/libtelltap.a lib/libtelltap.so include/telltap/telltap.h \
    share/man/man1/telltap.1 share/telltap/events.schema.json \
    share/telltap/profiles/clamav.yaml; do
	ok "$f" test -s "$root/usr/$f"
done
for f in bin/telltapd share/man/man8/telltapd.8 share/man/man5/telltapd.yaml.5 \
    lib/systemd/system/telltapd.service lib/sysusers.d/telltapd.conf \
    lib/tmpfiles.d/telltapd.conf ../etc/telltapd/config.yaml; do
	ok "$f" test -s "$root/usr/$f"
done
ok "the service's configuration is good" "$root/usr/bin/telltapd" \
    --config "$root/etc/telltapd/config.yaml" --check-config
ok "the program runs" "$root/usr/bin/telltap" replay captures/lookups.pcap
ok "and finds its profiles" "$root/usr/bin/telltap" profile match database.clamav.net
# shellcheck disable=SC2046
ok "builds with the shared library" $cc -o "$work/shared" docs/example.c \
    $(pkg-config --define-variable=prefix=/usr --cflags --libs telltap)
ok "and runs" env LD_LIBRARY_PATH="$root/usr/lib" "$work/shared" captures/lookups.pcap
# shellcheck disable=SC2046
ok "builds with the static library" $cc -o "$work/static" docs/example.c \
    -I"$root/usr/include" "$root/usr/lib/libtelltap.a" \
    $(PKG_CONFIG_SYSROOT_DIR='' pkg-config --static --libs telltap | sed 's/-ltelltap\b//')
ok "and runs" "$work/static" captures/lookups.pcap
ok "only its own names are exported" bash -c \
    '! nm -D --defined-only "$1" | grep -v " \(telltap_\|TELLTAP_\)"' - "$root/usr/lib/libtelltap.so"
ok "every public function is there" bash -c '
	grep -oh "telltap_[a-z_]*(" include/telltap/*.h | tr -d "(" | sort -u |
	grep -v "_fn$" > "$2/want"
	nm -D --defined-only "$1" | sed -n "s/.* T \(telltap_[a-z_]*\).*/\1/p" | sort -u > "$2/have"
	comm -23 "$2/want" "$2/have" | grep . && exit 1; exit 0' - \
    "$root/usr/lib/libtelltap.so" "$work"
done_testing
