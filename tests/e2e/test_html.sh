#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The report's page: well-formed, self-contained, its policy fits its style.

. "$(dirname "$0")/check.sh"

for capture in captures/*.pcap*; do
	name=${capture##*/}
	"$TELLTAP" replay --known captures/known --case "$work/$name" "$capture" > /dev/null
	"$TELLTAP" report --format html "$work/$name" > "$work/again.html"
	ok "$name again" cmp "$work/again.html" "$work/$name/data/report.html"
	ok "$name" tests/e2e/check_page.py "$work/$name/data/report.html"
done
page=$work/lookups.pcap/data/report.html
ok "shares are told" grep -q '[0-9]&nbsp;%' "$page"
ok "none is parted from its sign" bash -c '! grep -n "[0-9] %" "$1"' - "$page"
# Every command of the page, pasted into a shell: those that show packets show as
# many in the case as in the captures.
"$TELLTAP" key new "$work/lab.key" > "$work/lab.vkey"
captures=(uploads fragments lookups)
(cd captures && "$TELLTAP" replay --known known --key "$work/lab.key" --case "$work/three" "${captures[@]/%/.pcap}") > "$work/out"
mkdir "$work/bin" "$work/pasted"
ln -s "$TELLTAP" "$work/bin/telltap"
python3 - "$work/three/data/report.html" "$work/pasted" << 'END'
import html, re, sys
page = open(sys.argv[1]).read()
def write(name, commands):
    with open("%s/%s" % (sys.argv[2], name), "w") as f:
        f.write("".join(html.unescape(c) + "\n" for c in commands))
write("kept", re.findall("<code>(find .*?)</code>", page))
write("captures", re.findall("<code>((?:mergecap|tshark) .*?)</code>", page))
write("check", re.findall("<code>((?:telltap verify|telltap report|sha256sum) .*?)</code>", page))
write("replay", re.findall("<code>(telltap replay .*?)</code>", page))
END
# pasted FOLDER FILE: each of its commands, how it ended and how many lines it wrote
pasted() { (cd "$1" && while read -r line; do PATH=$work/bin:$PATH bash -o pipefail -c "$line" < /dev/null 2> "$work/err" | wc -l || exit 1; done < "$work/pasted/$2"); }
ok "commands that check the case" pasted "$work/three" check
ok "are four" test "$(wc -l < "$work/pasted/check")" -eq 4
mkdir "$work/in"
cp captures/*.pcap "$work/in"
ok "the replay that it names" pasted "$work/in" replay
ok "gives the captures' events" test -s "$work/again/data/events.jsonl"
if command -v tshark > "$work/which" && command -v mergecap > "$work/which"; then
	pasted "$work/three" kept > "$work/kept"
	pasted "$work/in" captures > "$work/merged"
	ok "of each finding" test "$(grep -c '^[1-9]' "$work/kept")" -eq 9
	ok "as in the captures" cmp "$work/kept" "$work/merged"
else
	skip "no tshark: the packets of a finding"
fi
done_testing
