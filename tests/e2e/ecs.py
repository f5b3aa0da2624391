# SPDX-License-Identifier: Apache-2.0
"""What the Elastic Common Schema 8.17 says of the fields that events have."""

KEYWORD, LONG, IP, DATE, BOOLEAN = "keyword", "long", "ip", "date", "boolean"

# Name and type in ECS; keywords may be lists.
FIELDS = {
    "@timestamp": DATE,
    "container.id": KEYWORD,
    "destination.bytes": LONG,
    "destination.domain": KEYWORD,
    "destination.ip": IP,
    "destination.packets": LONG,
    "destination.port": LONG,
    "dns.answers.data": KEYWORD,
    "dns.id": KEYWORD,
    "dns.question.name": KEYWORD,
    "dns.question.type": KEYWORD,
    "dns.resolved_ip": IP,
    "dns.response_code": KEYWORD,
    "dns.type": KEYWORD,
    "ecs.version": KEYWORD,
    "event.action": KEYWORD,
    "event.category": KEYWORD,
    "event.duration": LONG,
    "event.end": DATE,
    "event.kind": KEYWORD,
    "event.sequence": LONG,
    "event.start": DATE,
    "event.type": KEYWORD,
    "file.path": KEYWORD,
    "file.size": LONG,
    "http.request.body.bytes": LONG,
    "http.request.method": KEYWORD,
    "http.response.body.bytes": LONG,
    "http.response.status_code": LONG,
    "http.version": KEYWORD,
    "network.application": KEYWORD,
    "network.community_id": KEYWORD,
    "network.direction": KEYWORD,
    "network.iana_number": KEYWORD,
    "network.protocol": KEYWORD,
    "network.transport": KEYWORD,
    "network.type": KEYWORD,
    "process.args": KEYWORD,
    "process.end": DATE,
    "process.executable": KEYWORD,
    "process.exit_code": LONG,
    "process.hash.sha256": KEYWORD,
    "process.name": KEYWORD,
    "process.parent.pid": LONG,
    "process.pid": LONG,
    "process.start": DATE,
    "process.user.id": KEYWORD,
    "source.bytes": LONG,
    "source.ip": IP,
    "source.packets": LONG,
    "source.port": LONG,
    "tls.cipher": KEYWORD,
    "tls.client.ja3": KEYWORD,
    "tls.client.server_name": KEYWORD,
    "tls.next_protocol": KEYWORD,
    "tls.resumed": BOOLEAN,
    "tls.server.hash.sha256": KEYWORD,
    "tls.server.issuer": KEYWORD,
    "tls.server.subject": KEYWORD,
    "tls.version": KEYWORD,
    "url.domain": KEYWORD,
    "url.original": KEYWORD,
    "url.path": KEYWORD,
    "url.port": LONG,
    "url.query": KEYWORD,
    "url.scheme": KEYWORD,
    "user_agent.original": KEYWORD,
}

KINDS = {"alert", "asset", "enrichment", "event", "metric", "state",
         "pipeline_error", "signal"}

# The types that go with each category.
TYPES = {
    "file": {"access", "change", "creation", "deletion", "info"},
    "host": {"access", "change", "end", "info", "start"},
    "network": {"access", "allowed", "connection", "denied", "end", "info",
                "protocol", "start"},
    "process": {"access", "change", "end", "info", "start"},
}

JSON_TYPES = {KEYWORD: str, LONG: int, IP: str, DATE: str, BOOLEAN: bool}


def leaves(value, path=""):
    """Each name of an event that has a value, and the value."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below, path)
    else:
        yield path, value


def find_wrong(event):
    """What of an event ECS does not have so; None if all is as it says."""
    for name, value in leaves(event):
        if name.startswith("telltap."):
            continue
        if name not in FIELDS:
            return f"ECS has no field {name}"
        # In Python a bool is an int, too.
        if type(value) is not JSON_TYPES[FIELDS[name]]:
            return f"{name} is no {FIELDS[name]}: {value!r}"
    said = event["event"]
    if said["kind"] not in KINDS:
        return f"ECS has no event.kind {said['kind']}"
    allowed = set()
    for category in said["category"]:
        if category not in TYPES:
            return f"ECS has no event.category {category}"
        allowed |= TYPES[category]
    for kind in said["type"]:
        if kind not in allowed:
            return f"event.type {kind} is none of {said['category']}"
    return None
