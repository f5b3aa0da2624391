#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kills.py BUILD [--rounds N] [--seed N] [--at-once N] [--only MODE ROLE]: kills each
process of a live run at N random moments (50) of an upload, or while the run ends,
by `telltap watch --case` and by telltapd. What was logged has to be there, to verify
or to be taken up again by the next run, and to say what was lost; the rest has to end,
and nothing of it may stay in the kernel: no program, no pinned map, not the network
namespace that the upload came from; nor a file beside the case. Ends with "N passed, N failed, N skipped"."""
import argparse
import concurrent.futures
import glob
import http.server
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROLES = ("parent", "engine", "recorder", "fingerprinter", "opener")
LIMIT_S = 30
UPLOAD = 400000
RATE = "500k"  # so that an upload takes some 0.8 s
SPAN_S = 1.1  # moments are drawn from this, from the upload's start on


class Failed(Exception):
    pass


class Place:
    """A network namespace for who uploads, by a pair of veth to this one."""

    numbers = itertools.count()

    def __init__(self):
        number = next(self.numbers)
        self.name = f"telltap-kill-{os.getpid()}-{number}"
        self.device = f"tk{os.getpid()}n{number % 10000}"
        at = f"198.18.{number // 64 % 256}.{number % 64 * 4 + 1}"
        self.host = at
        inside = at.rpartition(".")[0] + f".{number % 64 * 4 + 2}"
        for command in (
                f"ip netns add {self.name}",
                f"ip link add {self.device} type veth peer name inside netns {self.name}",
                f"ip addr add {at}/30 dev {self.device}",
                f"ip link set {self.device} up",
                f"ip -n {self.name} addr add {inside}/30 dev inside",
                f"ip -n {self.name} link set inside up"):
            subprocess.run(command.split(), check=True, timeout=LIMIT_S)

    def drop(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, timeout=LIMIT_S,
            stderr=subprocess.DEVNULL)

    def is_gone(self):
        """The pair goes when nobody holds the namespace any more."""
        return not os.path.exists(f"/sys/class/net/{self.device}")


def need(holds, what):
    if not holds:
        raise Failed(what)


def awaits(what, holds):
    end = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > end:
            raise Failed("waited in vain: " + what)
        time.sleep(0.02)


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        while left > 0:
            got = len(self.rfile.read(min(left, 65536)))
            if not got:
                return
            left -= got
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def all_children(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as f:
                found += [int(child) for child in f.read().split()]
        except OSError:
            pass
    return found


def children(pid):
    """Of a run, by role."""
    found = {}
    for child in all_children(pid):
        try:
            with open(f"/proc/{child}/cmdline", encoding="ascii") as f:
                name = f.read().split("\0")[0]
        except OSError:
            continue
        if name.startswith("telltap: "):
            found[name[9:]] = child
    return found


def programs_of(pid):
    """Numbers of the programs in the kernel that a process holds."""
    found = set()
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path, encoding="ascii") as f:
                for line in f:
                    if line.startswith("prog_id:"):
                        found.add(int(line.split()[1]))
        except OSError:
            pass
    return found


def programs():
    shown = subprocess.run(["bpftool", "prog", "show", "-j"], capture_output=True,
        timeout=LIMIT_S, check=False).stdout
    return {p["id"] for p in json.loads(shown or "[]")}


class Round:
    def __init__(self, options, mode, role, number):
        self.mode, self.role, self.number = mode, role, number
        self.random = random.Random(f"{options.seed} {mode} {role} {number}")
        self.build, self.port, self.client = options.build, options.port, options.client
        self.document = options.document
        self.work = tempfile.mkdtemp(prefix="telltap-kill-")
        self.telltap = os.path.abspath(os.path.join(self.build, "telltap"))
        self.cases = os.path.join(self.work, "cases")
        self.count = 0
        self.place = None

    def path(self, name):
        return os.path.join(self.work, name)

    def start(self):
        self.count += 1
        if self.mode == "watch":
            command = [self.telltap, "watch", "--exe", self.client, "--case",
                self.path("case")]
        else:
            with open(self.path("config.yaml"), "w", encoding="ascii") as f:
                f.write(f"watch:\n  exe: [{self.client}]\ncases: {self.cases}\n"
                    f"lock: {self.path('lock')}\n")
            command = [self.telltap + "d", "--config", self.path("config.yaml")]
        with open(self.path(f"err{self.count}"), "wb") as err:
            run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=err)
        mark = f"/run/telltap/{run.pid}.mark"
        awaits("watching", lambda: os.path.exists(mark) or run.poll() is not None)
        need(run.poll() is None, "it did not start")
        awaits("all processes", lambda: len(children(run.pid)) >= 4)
        return run

    def said(self, number=None):
        with open(self.path(f"err{number or self.count}"), encoding="utf-8") as f:
            return f.read()

    def upload(self, name):
        return subprocess.Popen(["ip", "netns", "exec", self.place.name, self.client, "-s",
            "-o", "/dev/null", "--limit-rate", RATE, "-T", self.document,
            f"http://{self.place.host}:{self.port}/{name}"])

    def end(self, run, code):
        """Ends a run, which was not killed."""
        run.send_signal(signal.SIGTERM)
        try:
            got = run.wait(LIMIT_S)
        except subprocess.TimeoutExpired as e:
            raise Failed("the run does not end") from e
        need(got == code, f"exit {got}, not {code}: {self.said()}")

    def events(self, case):
        for part in ("data", "data.part"):
            path = os.path.join(case, part, "events.jsonl")
            if os.path.exists(path):
                with open(path, "rb") as f:
                    lines = f.read().split(b"\n")
                torn = lines.pop()
                need(not torn or part == "data.part", "a torn line in a whole case")
                return [json.loads(line) for line in lines]
        return []

    def verify(self, case):
        r = subprocess.run([self.telltap, "verify", case], capture_output=True,
            timeout=LIMIT_S, text=True, check=False)
        need(r.returncode == 0, f"verify {case}: {r.stdout}{r.stderr}")
        return r.stdout

    def case_list(self):
        return [self.path("case")] if self.mode == "watch" else sorted(
            glob.glob(self.cases + "/*"))

    def take_up(self):
        """What a killed run has left: by `recover`, or by the next run."""
        left = {c: self.events(c) for c in self.case_list()}
        cut = [c for c in left if os.path.exists(os.path.join(c, "data.part"))]
        if self.mode == "watch":
            for case in cut:
                r = subprocess.run([self.telltap, "recover", case], timeout=LIMIT_S,
                    capture_output=True, text=True, check=False)
                need(r.returncode == 0 or not left[case],
                    f"recover: {r.stdout}{r.stderr}")
                if r.returncode:
                    return [], 0
        else:
            again = self.start()
            self.upload("again").wait()
            self.end(again, 0)
            need(any("again" in json.dumps(e) for c in self.case_list()
                for e in self.events(c)), "the next run sees nothing")
        events = []
        for case in self.case_list():
            self.verify(case)
            now = self.events(case)
            events += now
            before = left.get(case, [])
            # A part in which nothing was begun is taken anew.
            need(now[: len(before)] == before, "lines that were logged are not there")
        cut = sum(e["event"]["action"] == "anomaly" and
            e["telltap"]["anomaly"]["what"] == "log-cut" for e in events)
        return events, cut

    def gaps(self, events):
        return [e["telltap"]["coverage"]["gap"] for e in events
            if "gap" in e["telltap"].get("coverage", {})]

    def play(self):
        self.place = Place()
        run = self.start()
        role = children(run.pid)
        pids = [run.pid, *all_children(run.pid)]
        held = programs_of(run.pid)
        need(held, "no program in the kernel")
        upload = self.upload("first")
        time.sleep(self.random.uniform(0, SPAN_S))
        if self.number % 4 == 3:  # while it ends
            upload.wait()
            run.send_signal(signal.SIGTERM)
            time.sleep(self.random.uniform(0, 0.15))
        ending = self.number % 4 == 3
        victim = run.pid if self.role == "parent" else role[self.role]
        if self.role == "parent" and self.number % 4 == 0:
            # Its recorder takes its time.
            os.kill(role["recorder"], signal.SIGSTOP)
            threading.Timer(0.7, os.kill, (role["recorder"], signal.SIGCONT)).start()
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            need(ending, "it was gone before")
        upload.wait()
        if self.role == "parent":
            run.wait()
            # Every other time the next run begins at once.
            if self.mode == "watch" or self.number % 2:
                awaits("the rest to end", lambda: not any(map(lives, pids)))
            events, cut = self.take_up()
            awaits("the rest to end", lambda: not any(map(lives, pids)))
            need(cut or not events or ending or any("parent process ended" in
                gap["reason"] for gap in self.gaps(events)),
                "that nobody watched on is not said")
        elif self.role == "recorder":
            try:
                code = run.wait(LIMIT_S)
            except subprocess.TimeoutExpired as e:
                raise Failed("the run hangs") from e
            need(code or ending, "the run ended as if nothing had been")
            need("recorder was killed by signal 9" in self.said() or ending and not code,
                "people are not told: " + self.said())
            awaits("the rest to end", lambda: not any(map(lives, pids)))
            events, cut = self.take_up()
            need(cut or not events or ending, "the cut is not said")
        else:
            self.survive(run, pids, victim, ending)
        need(not any(map(lives, pids)), "a process stayed behind")
        awaits("programs to leave the kernel", lambda: not held & programs())
        need(not glob.glob("/sys/fs/bpf/*telltap*"), "a pinned map")
        self.place.drop()
        awaits("the network namespace to go", self.place.is_gone)
        left = set(os.listdir(self.work)) - {"case", "cases", "config.yaml", "lock"}
        need(all(name.startswith("err") for name in left), f"left behind: {left}")
        for case in self.case_list():
            need(not glob.glob(case + "/**/reserve", recursive=True) and
                not os.path.exists(os.path.join(case, "data.part")) or
                not self.events(case), f"{case} is not whole")
        shutil.rmtree(self.work)

    def survive(self, run, pids, victim, ending):
        """A run of which one died that another can take the place of."""
        if not ending:
            awaits("another one", lambda: "another one takes its place" in self.said())
            pids += all_children(run.pid)
            if self.role == "engine":  # until it runs, what comes is lost and counted
                awaits("the next one to run", lambda: any(self.gaps(self.events(case))
                    for case in self.case_list()))
            self.upload("second").wait()
        self.end(run, 0)
        awaits("the rest to end", lambda: not any(map(lives, pids)))
        for case in self.case_list():
            self.verify(case)
        events = [e for c in self.case_list() for e in self.events(c)]
        if self.role == "engine" and not ending:
            need(self.gaps(events), "the gap is not in the log")
            need(events[-2]["telltap"]["coverage"]["restarts"] == 1,
                "the restart is not in the coverage")
        if self.role in ("fingerprinter", "opener") and not ending:
            need(events[-2]["telltap"]["coverage"].get("readers_lost") == 1,
                "that it was lost is not in the coverage")
        if not ending:
            need(any("/second" in json.dumps(e.get("url", "")) for e in events),
                "what came after is not in the log")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--only", nargs=2, metavar=("MODE", "ROLE"))
    options = parser.parse_args()
    if os.geteuid():
        print("skipped: needs root\n0 passed, 0 failed, 1 skipped")
        return 0
    folder = tempfile.mkdtemp(prefix="telltap-kills-")
    options.client = os.path.join(folder, "av")
    shutil.copy(shutil.which("curl"), options.client)
    options.document = os.path.join(folder, "document")
    with open(options.document, "wb") as f:
        f.write(os.urandom(UPLOAD))
    server = http.server.ThreadingHTTPServer(("", 0), Server)
    options.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wanted = [tuple(options.only)] if options.only else [
        (mode, role) for role in ROLES for mode in ("watch", "telltapd")]
    passed = failed = 0

    def one(job):
        r = Round(options, *job)
        try:
            r.play()
            return None
        except (Failed, OSError, KeyError, ValueError, IndexError,
            subprocess.SubprocessError) as e:
            if r.place:
                r.place.drop()
            return f"{r.mode} {r.role} {r.number}: {type(e).__name__} {e}; see {r.work}"

    jobs = [(*w, n) for n in range(options.rounds) for w in wanted]
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        for wrong in pool.map(one, jobs):
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if wrong:
                print("FAILED: " + wrong, flush=True)
    shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return bool(failed)


sys.exit(main())
