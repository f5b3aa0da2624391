#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A case as a database: what it holds is what the log says, every column is
# described, and the questions in the description have answers.

. "$(dirname "$0")/check.sh"

export TMPDIR=$work/tmp
mkdir "$TMPDIR"

"$TELLTAP" replay --known captures/known --case "$work/case" \
    captures/uploads.pcap captures/lookups.pcap captures/fragments.pcap > /dev/null
ok "a database" says 0 '' "$TELLTAP" report --format sqlite "$work/case"
cp "$work/out" "$work/case.db"
ok "sound" test "$(sqlite3 "$work/case.db" 'PRAGMA integrity_check')" = ok
ok "the same again" cmp "$work/case.db" <("$TELLTAP" report --format sqlite "$work/case")
ok "as the log says" python3 - "$work/case" "$work/case.db" << 'END'
import json, sqlite3, sys

db = sqlite3.connect(sys.argv[2])
events = [json.loads(line) for line in open(f"{sys.argv[1]}/data/events.jsonl")]


def of(action):
    return [e for e in events if e["event"]["action"] == action]


def rows(sql):
    return db.execute(sql).fetchall()


transfers = of("transfer")
data = [(e["telltap"]["transfer"]["id"], e["telltap"].get("data", {})) for e in transfers]
want = [(e["telltap"]["transfer"]["id"], e["telltap"]["transfer"]["kind"],
         e["telltap"]["transfer"]["grade"], e["telltap"]["transfer"]["payload_out"],
         e["destination"].get("domain"), e["event"]["sequence"]) for e in transfers]
assert len(want) > 30
assert rows("SELECT id, kind, grade, payload_out, domain, sequence FROM transfer") == want
want = [(i, f.get("name"), f.get("sha256"), f["sent_bytes"], json.dumps(f["encodings"]) if f.get("encodings") else None)
        for i, d in data for f in d.get("files", [])]
got = rows("SELECT transfer, name, sha256, sent_bytes, encodings FROM transfer_file")
assert [(*g[:4], g[4] and json.dumps(json.loads(g[4]))) for g in got] == want
want = [(i, r["start"], r["end"]) for i, d in data for f in d.get("files", []) for r in f.get("ranges", [])]
assert rows("SELECT transfer, first, end FROM transfer_range") == want
want = [(i, h["algorithm"], h["value"], h.get("file")) for i, d in data for h in d.get("hashes", [])]
assert rows("SELECT transfer, algorithm, value, file_sha256 FROM hash") == want
want = [(i, u) for i, d in data for u in d.get("urls", [])]
assert want and rows("SELECT transfer, url FROM url") == want
want = [(int(e["telltap"]["flow"]["id"]), e["telltap"]["flow"]["payload_out"]) for e in of("flow")]
assert want and rows("SELECT id, payload_out FROM flow ORDER BY sequence") == want
want = [(e["event"]["sequence"], t) for e in of("file") for t in e["telltap"]["file"]["transfers"]]
assert want and rows("SELECT file, transfer FROM file_transfer") == want
summary = of("summary")[0]["telltap"]
for name, value in rows("SELECT name, value FROM counter WHERE object = 'coverage'"):
    assert summary["coverage"].get(name, 0) == value, name
END
ok "every column is described" python3 - "$work/case.db" << 'END'
import re, sqlite3, sys

db = sqlite3.connect(sys.argv[1])
described = {}
for line in open("docs/sqlite.md"):
    m = re.match(r"\| `(\w+)` \|[^|]*\|(.*)\|$", line)
    if m:
        described[m[1]] = set(re.findall(r"\w+", " ".join(re.findall("`([^`]*)`", m[2]))))
tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
assert set(tables) == set(described), set(tables) ^ set(described)
for t in tables:
    columns = {r[1] for r in db.execute(f"PRAGMA table_info({t})")}
    assert columns <= described[t], (t, columns - described[t])
END
ok "its questions have answers" python3 - "$work/case.db" << 'END'
import re, sqlite3, sys

db = sqlite3.connect(sys.argv[1])
questions = re.findall(r"```sql\n(.*?)```", open("docs/sqlite.md").read(), re.S)
assert len(questions) >= 5
for q in questions:
    assert db.execute(q).fetchall(), q
END
head -c 3000 "$work/case/data/events.jsonl" > "$work/torn.jsonl"
ok "of a torn log there is none" says 2 'line [0-9]*: not JSON' \
    "$TELLTAP" report --format sqlite "$work/torn.jsonl"
ok "no room for it" says 2 . bash -c 'ulimit -f 8; exec "$1" report --format sqlite "$2"' - \
    "$TELLTAP" "$work/case"
ok "nothing is left behind" test -z "$(ls "$TMPDIR")"
done_testing
