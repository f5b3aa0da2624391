# SPDX-License-Identifier: Apache-2.0
#
# What the test scripts share; sourced from the top of the tree. They count
# with `ok`, and end with `done_testing`.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
: "${B:=build}"
: "${TELLTAP:=$PWD/$B/telltap}"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# ok WHAT COMMAND...: passes if the command does; its output is shown if not.
ok()
{
	local what=$1
	shift
	if "$@" > "$work/ok.out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
		head -20 "$work/ok.out"
	fi
}

# says CODE PATTERN COMMAND...: the exit code, and one line on stderr that
# matches. What goes to stdout is in $work/out.
says()
{
	local want=$1 pattern=$2 code
	shift 2
	"$@" > "$work/out" 2> "$work/err" < /dev/null
	code=$?
	[ $code -eq "$want" ] || { echo "exit $code, not $want"; cat "$work/err"; return 1; }
	[ -z "$pattern" ] && { [ ! -s "$work/err" ] || { cat "$work/err"; return 1; }; return; }
	[ "$(wc -l < "$work/err")" -eq 1 ] || { echo "not one line:"; cat "$work/err"; return 1; }
	grep -q -- "$pattern" "$work/err" || { cat "$work/err"; return 1; }
}

# built FILE...: makes programs that only tests use, or ends the script. One
# script at a time, since two may want the same.
built()
{
	flock -o "$B/.made" make -s --no-print-directory CC="${CC:-gcc}" \
	    ${SAN:+SAN=1} B="$B" "$@" > "$work/made" 2>&1 || { cat "$work/made"; exit 1; }
}

# awaits COMMAND...: until it succeeds; half a minute at most, for a machine may
# be busy, and two where the program is made with sanitizers.
awaits()
{
	local end=$((SECONDS + 30))
	case $B in *-san) end=$((SECONDS + 120)) ;; esac
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "waited in vain: $*"; return 1; }
		sleep 0.05
	done
}

# appears FILE: until something is in it.
appears()
{
	awaits test -s "$1"
}

# told EVENTS PATTERN [COUNT]: until so many lines (1) have it.
told()
{
	awaits eval "[ \"\$(cat $1 | grep -c -- '$2')\" -ge ${3:-1} ]"
}

# watching PID: until that telltap sees whatever happens from now on.
watching()
{
	awaits test -S "/run/telltap/$1.mark"
}

# gone PID: until there is no such process, or it waits to be waited for.
gone()
{
	awaits eval "! grep -qs '^State:[[:space:]]*[^ZX]' /proc/$1/status"
}

# installed: a copy of the programs and the profiles that every user may run, for
# the tree may lie in a folder that is closed to others. Prints telltap's path.
installed()
{
	chmod 711 "$work"
	mkdir -p "$work/usr/bin" "$work/usr/share/telltap/profiles"
	cp "$TELLTAP" "${TELLTAP}d" "$work/usr/bin"
	cp daemon/profile/profiles/*.yaml "$work/usr/share/telltap/profiles"
	chmod -R a+rX "$work/usr"
	echo "$work/usr/bin/telltap"
}

skip()
{
	skipped=$((skipped + 1))
	echo "skipped: $*"
}

done_testing()
{
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] || exit 1
	[ $passed -gt 0 ] || exit 77
	exit 0
}
