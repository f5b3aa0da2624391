#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks lines of events against docs/events.schema.json.

usage: validate_events.py [FILE...]   (standard input without a FILE)

Beside the schema: fields outside of telltap have the names, types and values
that ECS says; lines are at most 65,535 bytes of UTF-8 without CR or NUL,
sequence numbers have no holes and begin anew only with an input event, and the
summary counts the transfers there were. Prints how many lines were checked;
exit 1 at the first that is wrong.
"""
import json
import os
import re
import string
import sys

import ecs
import jsonschema

SCHEMA = os.path.join(os.path.dirname(__file__), "../../docs/events.schema.json")


class Bad(Exception):
    pass


def unique_keys(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise Bad("a key stands twice")
    return dict(pairs)


def parse(raw):
    if len(raw) > 65535:
        raise Bad(f"{len(raw)} bytes long")
    if b"\r" in raw or b"\0" in raw:
        raise Bad("CR or NUL in it")
    return json.loads(raw.decode("utf-8"), object_pairs_hook=unique_keys)


WORD = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_.-]{1,16}|[a-z_.-]{1,40}|8\.[0-9.]+")
NUMBERS = re.compile(r"[0-9a-fTZ.:-]{1,130}")
CLASSES = str.maketrans(
    string.digits + string.ascii_lowercase + string.ascii_uppercase,
    "0" * 10 + "a" * 6 + "z" * 20 + "A" * 26)


def shape_of_text(text):
    """Words as they are; of what consists of digits, hex and the like every
    character's class; of the rest the classes of its runs."""
    if WORD.fullmatch(text):
        return text
    classes = text.translate(CLASSES)
    if NUMBERS.fullmatch(text):
        return "=" + classes
    length = "" if "." in text or " " in text else str(len(text))
    return length + re.sub("[0aAz]+", "w", classes)


def shape_of_number(value):
    bounds = (0, 1, 65535, 2**63 - 1)
    return type(value).__name__[0] + str(
        [(value > b) - (value < b) for b in bounds])


def shape(value):
    """What the schema can tell apart: events of one shape are all valid or all
    not, so that each shape is looked at once."""
    if isinstance(value, dict):
        return "{" + ",".join(k + shape(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        items = [shape(v) for v in value]
        # Of objects one of each shape; of texts all, for none may stand twice.
        if value and isinstance(value[0], dict):
            items = list(dict.fromkeys(items))
        elif len(set(map(str, value))) < len(value):
            items.append("twice")
        return "[" + ",".join(items) + "]"
    if isinstance(value, str):
        return '"' + shape_of_text(value)
    if value is None or isinstance(value, bool):
        return str(value)
    return shape_of_number(value)


class Run:
    """What must hold from line to line."""

    def __init__(self):
        self.next = 0
        self.transfers = 0
        self.before_gap = 0
        self.ended = False
        self.sealed = False
        self.cut = False

    def add(self, event):
        action = event["event"]["action"]
        sequence = event["event"]["sequence"]
        if action == "input" and sequence == 0:
            self.__init__()
        if self.ended and (action != "seal" or self.sealed):
            raise Bad("an event after the summary")
        self.sealed = action == "seal"
        if sequence != self.next:
            raise Bad(f"sequence {sequence}, not {self.next}")
        self.next += 1
        if action == "transfer":
            self.transfers += 1
        # What a recorder that died, or a full disk, has left: the summary is
        # not there, or only of what came after.
        if (action == "anomaly" and event["telltap"]["anomaly"]["what"] in
                ("log-cut", "disk-full")):
            self.cut = True
            self.transfers = 0
        if action == "coverage" and "gap" in event["telltap"]["coverage"]:
            self.before_gap = self.transfers
        if action == "summary":
            self.ended = True
            # The engine that came after the gap counted anew.
            if event["telltap"]["coverage"].get("restarts"):
                self.transfers -= self.before_gap
            self.check_summary(event["telltap"]["summary"])

    def check_summary(self, summary):
        listed = sum(n for grades in summary["kinds"].values()
                     for n in grades.values())
        if not listed == summary["transfers"] == self.transfers:
            raise Bad(f"{self.transfers} transfers, but the summary says "
                      f"{summary['transfers']} and lists {listed}")
        known = sum(summary[k] for k in
                    ("understood_out", "undeciphered_out", "encrypted_out"))
        if known != summary["payload_out"]:
            raise Bad(f"payload out is {summary['payload_out']}, its parts "
                      f"add up to {known}")


def check_shape(event, validator):
    error = jsonschema.exceptions.best_match(validator.iter_errors(event))
    if error:
        raise Bad(f"{error.json_path}: {error.message}"[:400])
    wrong = ecs.find_wrong(event)
    if wrong:
        raise Bad(wrong[:400])


def check(stream, name, validator, seen):
    run = Run()
    count = 0
    for count, raw in enumerate(stream, 1):
        try:
            event = parse(raw.rstrip(b"\n"))
            like = shape(event)
            if like not in seen:
                check_shape(event, validator)
                seen.add(like)
            run.add(event)
        except (Bad, ValueError, UnicodeDecodeError) as e:
            print(f"{name}:{count}: {e}", file=sys.stderr)
            return None
    if count and not run.ended and not (run.cut and run.sealed):
        print(f"{name}: no summary at the end", file=sys.stderr)
        return None
    return count


def main(paths):
    with open(SCHEMA, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    seen = set()
    total = 0
    for path in paths or ["-"]:
        stream = sys.stdin.buffer if path == "-" else open(path, "rb")
        with stream:
            n = check(stream, path, validator, seen)
        if n is None:
            return 1
        total += n
    print(f"{total} events valid")
    return 0 if total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
