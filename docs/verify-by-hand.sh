#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# verify-by-hand.sh CASE [VKEY]: checks a case without telltap; see verify-by-hand.md.
set -eu -o pipefail
export LC_ALL=C bag=$1 vkey=${2:-$1/data/log/vkey}
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
bad() { echo "BAD: $*"; exit 1; }
hash() { sha256sum | cut -c -64; }

# 1. The bag: every file as the manifests have it, and none beside them.
(cd "$bag" && sha256sum --quiet --strict -c tagmanifest-sha256.txt &&
    sha256sum --quiet --strict -c manifest-sha256.txt) || bad "files differ"
cut -c 67- "$bag/manifest-sha256.txt" | cmp - <(cd "$bag" &&
    find data ! -type d | sort) || bad "files and manifest differ"

# 2. The signature of the checkpoint.
read -r line < "$vkey" && name=${line%%+*} key=${line#*+*+}
head -n 3 "$bag/data/log/checkpoint" > "$tmp/text"
{ read -r origin; read -r size; read -r root; } < "$tmp/text"
[ "$origin" = "$name" ] || bad "the checkpoint is of another log"
sed -n 's/^— [^ ]* //p' "$bag/data/log/checkpoint" | base64 -d | tail -c 64 > "$tmp/sig"
{ xxd -r -p <<< 302a300506032b6570032100; base64 -d <<< "$key" | tail -c 32; } > "$tmp/key"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$tmp/key" -rawin \
    -in "$tmp/text" -sigfile "$tmp/sig" > "$tmp/said" || bad "the signature does not hold"

# 3. The root of the lines: leaves, then pairs of hashes until one is left.
mapfile -t h < <(while IFS= read -r line; do printf '\0%s' "$line" | hash; done < "$bag/data/events.jsonl")
[ ${#h[@]} = "$size" ] || bad "${#h[@]} lines, not $size"
while n=${#h[@]} && [ "$n" -gt 1 ]; do
	for ((i = 0; i + 1 < n; i += 2)); do h[i / 2]=$(xxd -r -p <<< "01${h[i]}${h[i + 1]}" | hash); done
	[ $((n % 2)) = 0 ] || h[n / 2]=${h[n - 1]}
	h=("${h[@]:0:(n + 1) / 2}")
done
[ "$(xxd -r -p <<< "${h[0]}" | base64)" = "$root" ] || bad "the root is not the signed one"

# 4. The seal, the last line: every other file, by its SHA-256.
tail -n 1 "$bag/data/events.jsonl" | grep -o '"path":"[^"]*","size":[0-9]*,"sha256":"[0-9a-f]*"' |
    sed 's/"path":"\(.*\)","size":.*:"\(.*\)"/\2  \1/' | sort -k 2 | cmp - <(grep -v \
    -e '  data/events.jsonl$' -e '  data/log/' "$bag/manifest-sha256.txt") || bad "not what was sealed"
echo "$size lines, root $root, signed by $name"
