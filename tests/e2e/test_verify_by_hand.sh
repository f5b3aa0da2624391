#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A case checked without telltap, and forgeries that hold together but for the
# signature: what is changed is put into new manifests.

. "$(dirname "$0")/check.sh"
hand=docs/verify-by-hand.sh
for tool in openssl xxd sha256sum; do
	command -v $tool > "$work/which" || { skip "no $tool"; done_testing; }
done

# rebag CASE: manifests that fit, as a forger would write them.
rebag()
{
	(cd "$1" && find data ! -type d | LC_ALL=C sort | xargs sha256sum > manifest-sha256.txt &&
	    sha256sum bag-info.txt bagit.txt manifest-sha256.txt > tagmanifest-sha256.txt)
}

# refused WHAT PATTERN: work/forged, in new manifests, by both; named by telltap.
refused()
{
	rebag "$work/forged"
	"$TELLTAP" verify --vkey "$work/vkey" "$work/forged" > "$work/verify"
	ok "$1 is refused" test $? -eq 1
	ok "$1 is named" grep -q "^BAD .*$2" "$work/verify"
	ok "$1 is refused by hand" bash -c '! "$@"' - $hand "$work/forged" "$work/vkey"
}

forge() { rm -rf "$work/forged"; cp -r "$work/case" "$work/forged"; }

ok "a key" says 0 '' "$TELLTAP" key new "$work/key"
cp "$work/out" "$work/vkey"
ok "a key is not written over" says 2 'File exists' "$TELLTAP" key new "$work/key"
ok "a key is shown" says 0 '' "$TELLTAP" key show "$work/key"
ok "it is the same" cmp "$work/out" "$work/vkey"
"$TELLTAP" replay --known captures/known --key "$work/key" --case "$work/case" captures/lookups.pcap > "$work/out"
ok "by hand" $hand "$work/case" "$work/vkey"
ok "by hand, key from inside" $hand "$work/case"
ok "by telltap" "$TELLTAP" verify --vkey "$work/vkey" "$work/case"
rebag "$work/case"
ok "manifests are as sha256sum writes them" "$TELLTAP" verify "$work/case"

forge; sed -i '3s/"sequence":2/"sequence":9/' "$work/forged/data/events.jsonl"
refused "a changed line" 'line 3 of events.jsonl is not the one that was logged'
forge; sed -i 3d "$work/forged/data/events.jsonl"
refused "a line cut out" 'line 3 is not the event of that number'
forge; sed -i '3{h;d};4G' "$work/forged/data/events.jsonl"
refused "two lines swapped" 'line 3 is not the event'
forge; sed -i 3p "$work/forged/data/events.jsonl"
refused "a line twice" 'line 4 is not the event'
forge; sed -i '$d' "$work/forged/data/events.jsonl"
refused "the seal cut off" 'the last line is no seal'
forge; echo '<p>' >> "$work/forged/data/report.html"
refused "a changed report" 'data/report.html: not the file that was sealed'
forge; printf '\0' | dd of="$work/forged/data/capture/packets.pcapng" bs=1 seek=300 conv=notrunc status=none
refused "a changed packet" 'packets.pcapng: not the file that was sealed'
forge; rm "$work/forged/data/report.json"
refused "a missing report" 'data/report.json: sealed, but not in the case'
forge; echo more > "$work/forged/data/more"
refused "a file too many" 'data/more: not sealed'
forge; head -c 32 /dev/zero > "$work/forged/data/salt"
refused "another salt" 'data/salt: not the file that was sealed'
forge; sed -i 2s/./9/ "$work/forged/data/log/checkpoint"
refused "a changed checkpoint" 'checkpoint: its signature does not hold'

# A key that systemd hands over; what is given comes first, and one that can't be
# read is not passed over.
mkdir "$work/credentials"
cp "$work/key" "$work/credentials/key"
CREDENTIALS_DIRECTORY=$work/credentials "$TELLTAP" replay --case "$work/credited" captures/lookups.pcap > "$work/out"
ok "a credential signs" "$TELLTAP" verify --vkey "$work/vkey" "$work/credited"
"$TELLTAP" key new "$work/key2" > "$work/vkey2"
CREDENTIALS_DIRECTORY=$work/credentials "$TELLTAP" replay --key "$work/key2" --case "$work/keyed" captures/lookups.pcap > "$work/out"
ok "unless a key is given" "$TELLTAP" verify --vkey "$work/vkey2" "$work/keyed"
echo none > "$work/credentials/key"; chmod 600 "$work/credentials/key"
ok "one that is no key is an error" says 2 'not a private key' env CREDENTIALS_DIRECTORY="$work/credentials" "$TELLTAP" replay --case "$work/nokey" captures/lookups.pcap
rm -r "$work/credited" "$work/keyed"

# A forger with a key of his own: only the key from outside tells.
"$TELLTAP" replay --case "$work/other" captures/lookups.pcap > "$work/out"
ok "anybody's case verifies" "$TELLTAP" verify "$work/other"
ok "author unproven" bash -c '"$1" verify "$2" | grep -q "^unknown .*author unproven"' - "$TELLTAP" "$work/other"
rm -rf "$work/forged"; mv "$work/other" "$work/forged"
refused "another's case" "not signed by the log's key"

# The same salt gives the same root, with any number of threads.
"$TELLTAP" replay --known captures/known --threads 8 --salt "$work/case/data/salt" \
    --case "$work/again" captures/lookups.pcap > "$work/out"
ok "the same root again" cmp <(sed -n 2,3p "$work/case/data/log/checkpoint") \
    <(sed -n 2,3p "$work/again/data/log/checkpoint")

# Proofs of single events.
"$TELLTAP" prove "$work/case" 5 > "$work/5.tlog-proof"
ok "a proof" "$TELLTAP" verify --vkey "$work/vkey" "$work/5.tlog-proof"
ok "holds the line" cmp <(sed -n 's/^extra //p' "$work/5.tlog-proof" | base64 -d) \
    <(sed -n 6p "$work/case/data/events.jsonl" | tr -d '\n')
sed 's/^index 5/index 4/' "$work/5.tlog-proof" > "$work/4.tlog-proof"
ok "of another place" bash -c '"$@"; test $? -eq 1' - "$TELLTAP" verify --vkey "$work/vkey" "$work/4.tlog-proof"
ok "no such event" says 2 'has no event' "$TELLTAP" prove "$work/case" 100000

# An earlier checkpoint: of this log, and of one that went another way.
"$TELLTAP" verify --since "$work/again/data/log/checkpoint" "$work/case" > "$work/verify"
ok "a checkpoint of another key" grep -q "^BAD .*again.*not signed by the log's key" "$work/verify"
ok "a checkpoint of this log" "$TELLTAP" verify --since "$work/case/data/log/checkpoint" "$work/case"
"$TELLTAP" replay --key "$work/key" --case "$work/way" captures/lookups.pcap > "$work/out"
"$TELLTAP" verify --since "$work/way/data/log/checkpoint" "$work/case" > "$work/verify"
ok "a log that went another way" grep -q '^BAD .*does not continue\|^BAD .*has fewer' "$work/verify"

# Packets, as tshark reads them.
if command -v tshark > "$work/which"; then
	packets=$work/case/data/capture/packets.pcapng
	tshark -r "$packets" -T fields -e frame.comment -e frame.time_epoch -e frame.len 2> "$work/err" |
	    sed 's/^telltap packet //' > "$work/kept"
	tshark -r captures/lookups.pcap -T fields -e frame.number -e frame.time_epoch -e frame.len 2> "$work/err" > "$work/all"
	ok "packets are there" test -s "$work/kept"
	ok "packets are the capture's, by number" test -z "$(comm -13 <(sort "$work/all") <(sort "$work/kept"))"
	first=$(grep -o '"packets":{"first":[0-9]*' "$work/case/data/events.jsonl" | grep -o '[0-9]*$' | sort -un)
	ok "every transfer's first packet is kept" test -z "$(comm -13 <(cut -f 1 "$work/kept" | sort) <(sort <<< "$first"))"
else
	skip "no tshark"
fi
ok "without packets" "$TELLTAP" replay --no-packets --case "$work/none" captures/lookups.pcap
ok "none are kept" test ! -e "$work/none/data/capture"
ok "from standard input" bash -c '"$1" replay --case "$2" - < captures/lookups.pcap' - "$TELLTAP" "$work/pipe"
ok "all are kept" test -s "$work/pipe/data/capture/packets.pcapng"
ok "and verify" "$TELLTAP" verify "$work/pipe"

done_testing
