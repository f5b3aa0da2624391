#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a report page: tags nest, nothing is loaded, the policy fits."""
import base64
import hashlib
import html.parser
import re
import sys

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr", "rect"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "main",
           "footer", "section", "h1", "h2", "h3", "text", "p", "b", "ul", "li", "div",
           "table", "caption", "thead", "tbody", "tr", "th", "td", "code",
           "span", "br", "wbr", "svg", "script", "desc", "rect", "details", "summary"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.policy = [], [], None

    def handle_starttag(self, tag, attrs):
        if tag not in ALLOWED:
            self.wrong.append(f"<{tag}> at {self.getpos()}")
        for name, value in attrs:
            if name in ("src", "href", "style") or name.startswith("on"):
                self.wrong.append(f"{name} at {self.getpos()}")
            if value == "Content-Security-Policy":
                self.policy = dict(attrs)["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
if not page.policy or f"style-src 'sha256-{digest}'" not in page.policy:
    page.wrong.append("the policy does not fit the style")
script = re.search(r"<script>(.*?)</script>", text, re.S).group(1)
digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
if f"script-src 'sha256-{digest}'" not in (page.policy or ""):
    page.wrong.append("the policy does not fit the script")
if len(script) > 15000:
    page.wrong.append("the script is too long")
if "default-src 'none'" not in (page.policy or ""):
    page.wrong.append("the policy lets things in")
if page.open:
    page.wrong.append(f"left open: {page.open}")
if re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", text):
    page.wrong.append("bidirectional controls")
print("\n".join(page.wrong) or "well-formed")
sys.exit(bool(page.wrong))
