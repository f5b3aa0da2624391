#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Compares packet_decode() with tshark, frame by frame: addresses, ports and
# payload length of the innermost TCP segment or UDP datagram, and the
# Community ID. Known differences stand in compare_packets.known, one capture
# per line with the number of frames and the reason.
#
# compare_packets.sh [-v] [CAPTURE...]; -v shows each frame that differs.

set -u
cd "$(dirname "$0")/../.." || exit 2
dir=../shared/captures
list=${B:-build}/tests/e2e/packet_list
known=tests/e2e/compare_packets.known
verbose=
[ "${1-}" = -v ] && { verbose=1; shift; }

command -v tshark > /dev/null || { echo "skipped: no tshark"; exit 0; }
if [ $# -eq 0 ]; then
	[ -d $dir ] || { echo "skipped: no captures in $dir"; exit 0; }
	for set in encap ipfrag-ipv6 malformed tcp; do
		for f in $dir/$set/*; do
			case $f in
			*.truth.json|*.expected.*|*.keys|*.pem) ;;
			*) set -- "$@" "$f" ;;
			esac
		done
	done
fi
make -s "$list" || exit 2

# The same columns from tshark: the last occurrence of a field is that of the
# innermost header, but for what an ICMP error quotes.
theirs()
{
	tshark -n -r "$1" --enable-protocol communityid -T fields \
	    -E occurrence=l -e frame.number -e frame.protocols -e ip.src \
	    -e ip.dst -e ipv6.src -e ipv6.dst -e tcp.srcport -e tcp.dstport \
	    -e tcp.len -e udp.srcport -e udp.dstport -e udp.length \
	    -e communityid 2> /dev/null |
	awk -F'\t' -v OFS='\t' '{
		if ($2 ~ /:icmp/) { print $1, "other"; next }
		n = split($2, p, ":"); ip = ""; l4 = ""
		for (i = 1; i <= n; i++) {
			if (p[i] == "ip" || p[i] == "ipv6") { ip = p[i]; l4 = "" }
			if (p[i] == "tcp" || p[i] == "udp") l4 = p[i]
		}
		src = ip == "ip" ? $3 : $5; dst = ip == "ip" ? $4 : $6
		if (l4 == "tcp" && $9 != "")
			print $1, src, dst, 6, $7, $8, $9, $13
		else if (l4 == "udp" && $12 >= 8)
			print $1, src, dst, 17, $10, $11, $12 - 8, $13
		else
			print $1, "other"
	}'
}

ours()
{
	"$list" "$1" 2> /dev/null | awk -F'\t' -v OFS='\t' '
		$2 == "packet" && ($6 == 6 || $6 == 17) {
			print $1, $4, $5, $6, $7, $8, $9, $10; next
		}
		{ print $1, "other", $2, $6 }'
}

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
files=0 frames=0 bad=0
for f in "$@"; do
	theirs "$f" > "$tmp/theirs"
	ours "$f" > "$tmp/ours"
	files=$((files + 1))
	frames=$((frames + $(wc -l < "$tmp/theirs")))
	awk -F'\t' -v OFS='\t' '
		NR == FNR { t[$1] = $0; next }
		!($1 in t) { next }
		$2 == "other" { split(t[$1], a, "\t")
			if (a[2] != "other") print t[$1] "   we: " $0
			next }
		$0 != t[$1] { print t[$1] "   we: " $0 }' \
	    "$tmp/theirs" "$tmp/ours" > "$tmp/diff"
	n=$(wc -l < "$tmp/diff")
	want=$(awk -v f="${f##*/}" '$1 == f { print $2 }' $known)
	if [ "$n" -ne "${want:-0}" ]; then
		bad=$((bad + 1))
		echo "${f##*/}: $n frames differ, ${want:-0} known"
		[ $verbose ] && cut -c1-250 "$tmp/diff"
	fi
done
echo "$files captures, $frames frames; $bad captures differ otherwise than known"
[ $bad -eq 0 ]
