#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
attribution.py make DIR         a capture, and logs of who sent, in every form
attribution.py check LOG FILE   the events of a replay with that log are right

The capture: one address and port used twice by two programs, a minute apart; a
question to the DNS, sent by a service for a program; a connection that came in;
one that no log knows; and a port used again after its program has ended.
"""
import csv
import io
import json
import struct
import sys

T0 = 1715000000
HERE, CLOUD, PEER = "10.0.0.5", "1.2.3.4", "1.2.3.9"
AV, OTHER, SERVICE = r"C:\Program Files\AV\av.exe", r"C:\other.exe", r"C:\svc & co.exe"


def addr(a):
    return bytes(int(x) for x in a.split("."))


def ip(src, dst, proto, payload):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64,
                       proto, 0, addr(src), addr(dst)) + payload


def tcp(src, sp, dst, dp, seq, ack, flags, data=b""):
    return ip(src, dst, 6, struct.pack(">HHIIBBHHH", sp, dp, seq, ack, 5 << 4,
                                       flags, 65535, 0, 0) + data)


def udp(src, sp, dst, dp, data):
    return ip(src, dst, 17, struct.pack(">HHHH", sp, dp, 8 + len(data), 0) + data)


def connection(src, sp, dst, dp, at):
    a, b = 100 + int(at - T0) * 100000, 500 + int(at - T0) * 100000
    return [(at, tcp(src, sp, dst, dp, a, 0, 2)),
            (at + .01, tcp(dst, dp, src, sp, b, a + 1, 0x12)),
            (at + .02, tcp(src, sp, dst, dp, a + 1, b + 1, 0x18, b"hello")),
            (at + .03, tcp(src, sp, dst, dp, a + 6, b + 1, 0x11)),
            (at + .04, tcp(dst, dp, src, sp, b + 1, a + 7, 0x11)),
            (at + .05, tcp(src, sp, dst, dp, a + 7, b + 2, 0x10))]


def question(name, at):
    q = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    q += b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return [(at, udp(HERE, 50001, "9.9.9.9", 53, q + b"\0\0\1\0\1"))]


def capture():
    p = connection(HERE, 50000, CLOUD, 443, T0)
    p += connection(HERE, 50000, CLOUD, 443, T0 + 60)
    p += question("Lookup.AV.example", T0 + 1)
    p += connection(PEER, 40000, HERE, 8080, T0 + 2)
    p += connection(HERE, 50009, CLOUD, 443, T0 + 3)
    p += connection(HERE, 50000, CLOUD, 443, T0 + 300)
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for at, data in sorted(p, key=lambda x: x[0]):
        out += struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(data), len(data)) + data
    return out


def clock(at):
    from datetime import datetime, timezone
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def conn(at, pid, image, src, sp, dst, dp, initiated="true", proto="tcp"):
    return 3, {"RuleName": "-", "UtcTime": clock(at), "ProcessGuid": "{guid-%d}" % pid,
               "ProcessId": str(pid), "Image": image, "User": r"PC\me",
               "Protocol": proto, "Initiated": initiated, "SourceIsIpv6": "false",
               "SourceIp": src, "SourceHostname": "PC: x", "SourcePort": str(sp),
               "SourcePortName": "-", "DestinationIsIpv6": "false",
               "DestinationIp": dst, "DestinationHostname": "-",
               "DestinationPort": str(dp), "DestinationPortName": "https"}


def sysmon():
    e = [(1, {"UtcTime": clock(T0 - 100), "ProcessGuid": "{guid-100}",
              "ProcessId": "100", "Image": AV, "CommandLine": '"%s" -d' % AV,
              "Hashes": "MD5=%s,SHA256=%s" % ("A" * 32, "AB" * 32),
              "ParentProcessId": "4"}),
         conn(T0 + .2, 100, AV, HERE, 50000, CLOUD, 443),
         conn(T0 + 60.1, 200, OTHER, HERE, 50000, CLOUD, 443),
         conn(T0 + 1, 300, SERVICE, HERE, 50001, "9.9.9.9", 53, proto="udp"),
         (22, {"UtcTime": clock(T0 + .9), "ProcessGuid": "{guid-100}",
               "ProcessId": "100", "QueryName": "lookup.av.example",
               "QueryStatus": "0", "QueryResults": "1.2.3.4;", "Image": AV}),
         conn(T0 + 2.3, 300, SERVICE, PEER, 40000, HERE, 8080, "false"),
         (5, {"UtcTime": clock(T0 + 90), "ProcessGuid": "{guid-200}",
              "ProcessId": "200", "Image": OTHER}),
         (7, {"UtcTime": clock(T0), "ProcessId": "100", "Image": AV})]
    return e


def escape(s):
    return s.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def xml(quote="'"):
    out = ""
    for n, d in sysmon():
        out += ("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>"
                "<System><Provider Name='Microsoft-Windows-Sysmon' Guid='{1}'/>"
                "<EventID>%d</EventID><TimeCreated SystemTime='2020-01-01T00:00:00.0Z'/>"
                "<Execution ProcessID='2500' ThreadID='1'/></System><EventData>" % n)
        out += "".join("<Data Name='%s'>%s</Data>" % (k, escape(v)) for k, v in d.items())
        out += "</EventData></Event>\r\n"
    return out.replace("'", quote)


def message(n, d):
    return "Network connection detected:\r\n" + "\r\n".join("%s: %s" % x for x in d.items())


def table(heads, rows, comma=",", first=""):
    f = io.StringIO()
    w = csv.writer(f, delimiter=comma, quoting=csv.QUOTE_ALL)
    w.writerow(heads)
    w.writerows(rows)
    return first + f.getvalue()


def winlogbeat(n, d):
    return {"@timestamp": "2020-01-01T00:00:00.000Z", "winlog": {
        "provider_name": "Microsoft-Windows-Sysmon", "event_id": n,
        "process": {"pid": 2500}, "event_data": d}}


def ecs(n, d):
    e = {"@timestamp": d["UtcTime"].replace(" ", "T") + "Z",
         "event": {"code": str(n), "provider": "Microsoft-Windows-Sysmon"},
         "process": {"pid": int(d["ProcessId"]), "executable": d["Image"],
                     "entity_id": d.get("ProcessGuid", "")}}
    if n == 3:
        e["network"] = {"transport": d["Protocol"], "direction":
                        "egress" if d["Initiated"] == "true" else "ingress"}
        e["source"] = {"ip": d["SourceIp"], "port": int(d["SourcePort"])}
        e["destination"] = {"ip": d["DestinationIp"], "port": int(d["DestinationPort"])}
    if n == 22:
        e["dns"] = {"question": {"name": d["QueryName"]}}
    return e


def evtx_dump(n, d):
    typed = {k: int(v) if v.isdigit() else v == "true" if v in ("true", "false") else v
             for k, v in d.items()}
    return {"Event": {"#attributes": {"xmlns": "x"}, "EventData": typed, "System": {
        "EventID": n, "Execution": {"#attributes": {"ProcessID": 2500}},
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
        "TimeCreated": {"#attributes": {"SystemTime": "2020-01-01T00:00:00.0Z"}}}}}


def ecmd(n, d):
    payload = {"EventData": {"Data": [{"@Name": k, "#text": v} for k, v in d.items()]}}
    return ["1", "2020-01-01 00:00:00.0000000", str(n), "Microsoft-Windows-Sysmon",
            "2500", json.dumps(payload)]


def day(at):
    h, m, s = at // 3600 % 24 + 2, at // 60 % 60, at % 60     # some zone
    h = int(h) % 24
    return "%d:%02d:%010.7f %s" % (h % 12 or 12, m, s, "AM" if h < 12 else "PM")


def procmon():
    def row(at, name, pid, op, path):
        return [day(at), name, str(pid), op, path, "SUCCESS", "Length: 0"]
    heads = ["Time of Day", "Process Name", "PID", "Operation", "Path", "Result", "Detail"]
    net = "%s:50000 -> %s:443" % (HERE, CLOUD)
    return "\ufeff" + table(heads, [
        [day(T0 - 1), "av.exe", "100", "Process Start", "", "SUCCESS",
         "Parent PID: 4, Command line: av -d, Current directory: C:\\"],
        row(T0, "av.exe", 100, "TCP Connect", net),
        row(T0 + .02, "av.exe", 100, "TCP Send", net),
        row(T0 + .1, "av.exe", 100, "RegOpenKey", "HKLM"),
        row(T0 + 1, "svc.exe", 300, "UDP Send", "PC:50001 -> dns9.example:domain"),
        row(T0 + 60, "other.exe", 200, "TCP Connect", net),
        row(T0 + 60.02, "other.exe", 200, "TCP Send", net),
        row(T0 + 2, "svc.exe", 300, "TCP Accept", "%s:8080 -> %s:40000" % (HERE, PEER))])


def rustnet():
    def row(at, pid, name, local, remote, proto="TCP"):
        t = {"secs_since_epoch": int(at), "nanos_since_epoch": 5}
        return json.dumps({"protocol": proto, "local_addr": local, "remote_addr": remote,
                           "pid": pid, "process_name": name, "first_seen": t,
                           "last_seen": {"secs_since_epoch": int(at) + 2,
                                         "nanos_since_epoch": 0}})
    return "\n".join([row(T0, 100, "av", HERE + ":50000", CLOUD + ":443"),
                      row(T0 + 60, 200, "other", HERE + ":50000", CLOUD + ":443"),
                      row(T0 + 1, 300, "svc", HERE + ":50001", "9.9.9.9:53", "UDP"),
                      row(T0 + 2, 300, "svc", HERE + ":8080", PEER + ":40000"),
                      '{"protocol":"ARP"}', ""])


def make(folder):
    s = sysmon()
    logs = {
        "wevtutil.xml": xml().encode(),
        "events.xml": ("<?xml version='1.0'?><Events>" + xml('"') + "</Events>").encode(),
        "utf16.xml": xml().encode("utf-16"),
        "winlogbeat.json": "\n".join(json.dumps(winlogbeat(*e)) for e in s).encode(),
        "array.json": json.dumps([winlogbeat(*e) for e in s], indent=1).encode(),
        "ecs.json": "\n".join(json.dumps(ecs(*e)) for e in s).encode(),
        "evtx.json": "".join("Record %d\n%s\n" % (i, json.dumps(evtx_dump(*e), indent=2))
                             for i, e in enumerate(s)).encode(),
        "convertto.json": json.dumps([{"Id": n, "ProcessId": 2500, "ProviderName":
                                       "Microsoft-Windows-Sysmon", "Message": message(n, d)}
                                      for n, d in s]).encode(),
        "export.csv": table(["Message", "Id", "ProviderName", "ProcessId"],
                            [[message(n, d), n, "Microsoft-Windows-Sysmon", 2500] for n, d in s],
                            first="#TYPE System.Diagnostics\r\n").encode(),
        "ecmd.csv": table(["RecordNumber", "TimeCreated", "EventId", "Provider", "ProcessId",
                           "Payload"], [ecmd(*e) for e in s]).encode(),
        "columns.csv": table(["EventID"] + sorted({k for _, d in s for k in d}),
                             [[n] + [d.get(k, "") for k in sorted({k for _, x in s for k in x})]
                              for n, d in s], comma=";").encode(),
        "procmon.csv": procmon().encode(),
        "connections.jsonl": rustnet().encode(),
    }
    open(folder + "/capture.pcap", "wb").write(capture())
    for name, data in logs.items():
        open(folder + "/" + name, "wb").write(data)


def check(log, path):
    events = [json.loads(x) for x in open(path)]
    source = {"procmon.csv": "procmon", "connections.jsonl": "rustnet"}.get(log, "sysmon")
    plain = source != "sysmon"
    unsure = source == "procmon"

    def flow(port, nth=0):
        return [e for e in events if e["event"]["action"] == "flow" and
                port in (e["source"]["port"], e["destination"]["port"])][nth]

    def owned(e, pid, certainty="exact"):
        got = e.get("process", {}).get("pid"), e["telltap"].get("attribution")
        assert got[0] == pid and got[1]["source"] == "import:" + source and \
            got[1]["certainty"] == certainty, (pid, got)
        assert e["telltap"]["flow"]["endpoint_by"] == "attribution", e

    owned(flow(50000, 0), 100)
    owned(flow(50000, 1), 200)
    owned(flow(50001), 300, "ambiguous" if unsure else "exact")
    owned(flow(40000), 300)
    assert flow(40000)["source"] == flow(40000)["source"] | {"ip": HERE, "port": 8080}
    assert "process" not in flow(50009), flow(50009)
    if source != "rustnet":        # which does not say that it was opened then
        assert "process" not in flow(50000, 2), flow(50000, 2)
    dns = [e for e in events if e["event"]["action"] == "transfer" and "dns" in e][0]
    behalf = dns["telltap"]["attribution"].get("on_behalf_of")
    assert behalf == (None if plain else {"pid": 100, "executable": AV}), behalf
    av = flow(50000, 0)["process"]
    if not plain:
        assert av["executable"] == AV, av
        assert flow(40000)["process"]["executable"] == SERVICE
        if log != "ecs.json":
            assert av["hash"]["sha256"] == "ab" * 32, av
            assert av["args"] == ['"%s" -d' % AV] and av["parent"]["pid"] == 4, av
    elif unsure:
        assert av["name"] == "av.exe" and av["args"] == ["av -d"], av
    options = events[0]["telltap"]["input"]["options"]
    assert any(o.startswith("attribution=%s sha256:" % log) for o in options), options


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        check(sys.argv[2], sys.argv[3])
