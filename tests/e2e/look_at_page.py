#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""look_at_page.py PAGE [AXE]: opens a report, or a diff, in Chromium and looks at it."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from browser import Browser  # noqa: E402

page = "file://" + os.path.abspath(sys.argv[1])
axe = sys.argv[2] if len(sys.argv) > 2 else ""
wrong = []


def check(what, fine):
    if not fine:
        wrong.append(what)


def said(b):
    """What the console got, and what was asked of any network."""
    for m in b.events:
        p = m.get("params", {})
        if m["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            yield f"{m['method']}: {p}"
        if m["method"] == "Network.requestWillBeSent" and p["request"]["url"] != page:
            yield f"a request for {p['request']['url']}"


BOTTOMS = """['h1', '.answer', '.cards li:nth-child(2)'].map(
    s => document.querySelector(s).getBoundingClientRect().bottom)"""
# The biggest table is sorted by each column, both ways, and filtered.
SORTED = """(() => {
    const wrong = [];
    for (const table of document.querySelectorAll('.scroll>table')) {
        const body = table.tBodies[0], before = body.rows.length;
        const text = () => Array.from(body.rows).map(r => r.textContent).sort().join('\\n');
        const all = text();
        for (const th of table.tHead.rows[0].cells) {
            const button = th.querySelector('button');
            if (!button) { if (before > 1) wrong.push('no button'); continue; }
            for (const way of ['ascending', 'descending']) {
                button.click();
                const keys = Array.from(body.rows).map(r => r.cells[th.cellIndex].textContent.trim());
                const n = keys.map(k => parseFloat(k.replace(/,/g, '')));
                const k = th.classList.contains('n') ? n.map(v => isNaN(v) ? -1 : v)
                                                     : keys.map(v => v.toLowerCase());
                const up = way === 'ascending';
                if (th.getAttribute('aria-sort') !== way) wrong.push('not marked');
                if (k.some((v, i) => i && (up ? k[i - 1] > v : k[i - 1] < v)))
                    wrong.push('not sorted: ' + th.textContent);
            }
        }
        if (text() !== all) wrong.push('rows changed');
        const label = table.parentNode.previousElementSibling;
        if (before > 9) {
            const field = label.querySelector('input');
            field.value = body.rows[0].cells[0].textContent.trim();
            field.dispatchEvent(new Event('input'));
            const shown = Array.from(body.rows).filter(r => !r.hidden);
            if (!shown.length || shown.some(r => !r.textContent.toLowerCase().includes(field.value.toLowerCase())))
                wrong.push('not filtered');
            field.value = '';
            field.dispatchEvent(new Event('input'));
            if (Array.from(body.rows).some(r => r.hidden)) wrong.push('still hidden');
        }
    }
    return wrong;
})()"""

b = Browser(seconds=240)
for width, height in ((1280, 900), (390, 844)):
    b.open(page, width, height)
    wrong += [f"{width}: {s}" for s in said(b)]
    check(f"{width}: wider than the screen", b.run("document.documentElement.scrollWidth") <= width)
    is_diff = b.run("document.title") == "telltap diff"
    for i, bottom in enumerate([] if is_diff else b.run(BOTTOMS)):
        check(f"{width}: part {i} of the answer is at {bottom}", bottom <= height)
check("the title was taken", is_diff or b.run("document.title").startswith("telltap report"))
wrong += b.run(SORTED)
wrong += list(said(b))
# On paper, after the screen's sorting: a row is on one page.
b.open(page)
hashes = b.run("Array.from(document.querySelectorAll('td:first-child>code')).map(c => c.textContent)")
with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
    f.write(b.pdf())
    f.flush()
    pages = subprocess.run(["pdftotext", "-raw", f.name, "-"], capture_output=True, text=True,
                           check=True).stdout.split("\f")
pages = ["".join(p.split()) for p in pages]
for h in {h for h in hashes if len(h) == 64}:
    check(f"{h} breaks between pages", any(h[:12] in p and h[-12:] in p for p in pages))
# The first table's heading is on every page that has a row of it.
heading, rows = b.run("""(t => t ? [Array.from(t.tHead.rows[0].cells).map(c => c.textContent).sort((a, b) =>
    b.length - a.length)[0], Array.from(t.tBodies[0].querySelectorAll('code')).map(c => c.textContent)] : ['', []])(
    document.querySelector('.scroll>table'))""")
for h in rows:
    for p in [p for p in pages if h[:12] in p and h[-12:] in p][:1]:
        check(f"no heading above {h} on paper", "".join(heading.split()) in p)
check("no pages", len(pages) > 1)
# A4 less its margins is 680 pixels wide; what is wider is cut off on paper.
b.call("Emulation.setEmulatedMedia", media="print")
b.open(page, 680, 960)
wrong += b.run("Array.from(document.querySelectorAll('table')).filter(t => t.getBoundingClientRect().right > 681)"
               ".map(t => 'cut off on paper: ' + t.tHead.textContent)")
b.call("Emulation.setEmulatedMedia", media="")
if axe:
    b.call("Page.setBypassCSP", enabled=True)
    b.open(page)
    b.run(open(axe).read())
    wrong += b.run("axe.run().then(r => r.violations.map(v => v.id + ' (' + v.impact + '): ' + v.help"
                   " + ': ' + v.nodes[0].html.slice(0, 200)))")
b.close()
print("\n".join(wrong) or "looks well")
sys.exit(bool(wrong))
