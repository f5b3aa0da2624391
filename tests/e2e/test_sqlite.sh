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
# What a machine says beside its traffic.
python3 - "$work/case/data/events.jsonl" "$work/live.jsonl" << 'END'
import json, sys

lines = open(sys.argv[1]).read().splitlines()[:-1]
at = next(i for i, line in enumerate(lines) if '"action":"transfer"' in line) + 2
mid = json.loads(lines[at])["event"]["start"]
def said(action, **telltap):
    return json.dumps({"@timestamp": mid, "ecs": {"version": "8.17.0"}, "event": {
        "kind": "event", "category": ["host"], "type": ["info"], "action": action, "sequence": 0},
        "telltap": {"origin": "input", **telltap}}, separators=(",", ":"))
more = [said("mark", mark={"text": "=consent <off>", "pid": 7, "user": 0}),
        said("coverage", coverage={"gap": {"start": mid, "end": mid, "reason": "killed"}}),
        said("input", input={"version": "0.1.0", "files": [], "known_files": 1, "known_sha256": "0" * 64,
                             "joined": [{"name": "a", "size": 5, "sha256": "1" * 64}]})]
with open(sys.argv[2], "w") as f:
    for n, line in enumerate(lines[:at] + more + lines[at:]):
        f.write(json.dumps(json.loads(line) | {"event": json.loads(line)["event"] | {"sequence": n}}, separators=(",", ":")) + "\n")
END
"$TELLTAP" report --format sqlite "$work/live.jsonl" > "$work/live.db"
has() { [ "$(sqlite3 "$work/live.db" "SELECT $1")" = "$2" ] || { sqlite3 "$work/live.db" "SELECT $1"; return 1; }; }
ok "marks are there" has 'text, pid, user, at_ns > 0 FROM mark' '=consent <off>|7|0|1'
ok "gaps, too" has 'reason, start_ns = end_ns FROM gap' 'killed|1'
ok "and files that joined" has 'name, size, substr(sha256, 60) FROM known_file' 'a|5|11111'
ok "as a spreadsheet may read them" test "$("$TELLTAP" report --format csv --table phases "$work/live.jsonl" | cut -d , -f 1 | tr -d '\r' | tr '\n' ,)" = "phase,\"start\",\"'=consent <off>\","
head -c 3000 "$work/case/data/events.jsonl" > "$work/torn.jsonl"
ok "of a torn log there is none" says 2 'line [0-9]*: not JSON' \
    "$TELLTAP" report --format sqlite "$work/torn.jsonl"
ok "no room for it" says 2 . bash -c 'ulimit -f 8; exec "$1" report --format sqlite "$2"' - \
    "$TELLTAP" "$work/case"
ok "nothing is left behind" test -z "$(ls "$TMPDIR")"
done_testing
