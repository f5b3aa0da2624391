#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Indexes of known files: built, looked at, asked, and given to replay, where
# they say what the files themselves say by their hashes.

. "$(dirname "$0")/check.sh"
known=captures/known
index=$work/files.index

# tables: what NSRL publishes, of the same files.
table()
{
	printf '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode"\r\n'
	for f in $known/*; do
		printf '"%s","%s","0","%s",%s,1\r\n' "$(sha1sum < "$f" | cut -c 1-40 | tr a-f A-F)" \
		    "$(md5sum < "$f" | cut -c 1-32)" "$(basename "$f")" "$(stat -c %s "$f")"
	done
}

(cd $known && sha256sum -- *) > "$work/sums"
table > "$work/table.csv"
gzip -k "$work/table.csv"
files=$(ls $known | wc -l)

ok "build" says 0 '' "$TELLTAP" known build --output "$index" "$work/sums" "$work/table.csv.gz"
ok "says how much" grep -q "^$((2 * files)) files, $((3 * files)) hashes (md5 sha1 sha256), " "$work/out"
ok "leaves nothing beside it" test "$(ls "$work" | grep -c part)" -eq 0
ok "show, checked" says 0 '' "$TELLTAP" known show --check "$index"
first=$(ls $known | head -1)
ok "find" says 0 '' "$TELLTAP" known find "$index" "$(md5sum < "$known/$first" | cut -c 1-32)"
ok "names the file" grep -qF "  $first" "$work/out"
ok "find what is not there" says 1 '' "$TELLTAP" known find "$index" "$(printf %032d 7)"
ok "find what is no hash" says 2 'not a hash' "$TELLTAP" known find "$index" 12

# hashes FILE: the look-ups of known files that a replay tells.
hashes()
{
	python3 - "$1" <<- 'END'
	import json, sys
	for line in open(sys.argv[1]):
	    e = json.loads(line)
	    for h in e['telltap'].get('data', {}).get('hashes', []):
	        if h['known'] and h['algorithm'] in ('md5', 'sha1', 'sha256'):
	            print(e['telltap']['transfer']['kind'], e['telltap']['transfer']['grade'],
	                  h['algorithm'], h['value'])
	END
}

ok "replay with the files" says 0 '' "$TELLTAP" replay --json --known $known captures/lookups.pcap
hashes "$work/out" | sort > "$work/by-files"
ok "replay with the index" says 0 '' "$TELLTAP" replay --json --known "$index" captures/lookups.pcap
hashes "$work/out" | sort > "$work/by-index"
ok "there are some" test -s "$work/by-index"
ok "the same look-ups" diff "$work/by-files" "$work/by-index"
ok "counts the files" grep -q "\"known_files\":$((2 * files))[,}]" "$work/out"
ok "whole files are proven by their hash" bash -c '"$1" replay --json --known "$2" captures/uploads.pcap |
    grep -q "\"kind\":\"file-upload\",\"grade\":\"proven\""' - "$TELLTAP" "$index"
ok "the same on threads" bash -c 'cmp <("$1" replay --json --known "$2" captures/lookups.pcap) \
    <("$1" replay --threads 3 --json --known "$2" captures/lookups.pcap)' - "$TELLTAP" "$index"

# Values that are too weak to prove anything.
/usr/bin/python3 -B tests/e2e/weak_hashes.py $known "$work/weak.pcap"
ok "weak values: a case" says 0 '' "$TELLTAP" replay --known $known --case "$work/weak" "$work/weak.pcap"
weak() { grep '"action":"transfer"' "$work/weak/data/events.jsonl"; }
ok "are look-ups, observed" test "$(weak | grep -c '"kind":"hash-lookup","grade":"observed"')" -eq 4
ok "of that file" test "$(weak | grep -c '"file_name":"setup.exe"')" -eq 5
ok "a hash beside a question is proven" test "$(weak | grep '"protocol":"dns"' | grep -c '"kind":"hash-lookup","grade":"proven"')" -eq 1
ok "the TLSH of it" test "$(weak | grep -c '"algorithm":"tlsh".*"known":false.*"distance":0')" -eq 1
ok "one near it" test "$(weak | grep -c '"distance":1[,}]')" -eq 1
ok "which follows without the other files" says 0 '' "$TELLTAP" verify --replay "$work/weak"

# What is wrong.
head -c 5000 "$index" > "$work/short.index"
ok "an index cut short" says 2 'short.index: index of known files' \
    "$TELLTAP" replay --known "$work/short.index" captures/lookups.pcap
python3 - "$index" "$work/changed.index" << 'END'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[4096 + 20] ^= 1
open(sys.argv[2], 'wb').write(data)
END
ok "a changed row" says 2 'changed.index' "$TELLTAP" known show --check "$work/changed.index"
printf '%064d  a\nnot a hash  b\n' 0 > "$work/bad"
ok "a bad line" says 2 'bad:2: not a hash' "$TELLTAP" known build --output "$work/no.index" "$work/bad"
ok "makes no index" test ! -e "$work/no.index"
ok "an empty list" says 2 'name no file' "$TELLTAP" known build --output "$work/no.index" /dev/null
ok "no such list" says 2 'no-such' "$TELLTAP" known build --output "$work/no.index" "$work/no-such"
ok "no output" says 2 'give --output' "$TELLTAP" known build "$work/sums"
ok "no word" says 2 'give build, show or find' "$TELLTAP" known
done_testing
