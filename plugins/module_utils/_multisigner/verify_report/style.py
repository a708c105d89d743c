# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the page looks: its one style sheet and its symbols. Nothing of a zone is in it, and nothing is fetched.

Severities differ by word, shape and colour. All pairs of text and ground have a contrast of 4.5 at least, in both schemes.
"""
from __future__ import annotations

from ..verify.findings import CRITICAL, ERROR, INFORMATION, WARNING
from .markup import Markup, constant
from .words import GOOD

CSS: Markup = constant("""
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f4f6f9; --line: #aeb7c2; --text: #16202c; --faint: #4d5a68; --link: #0b4fae; --arrow: #51606f;
  --critical: #b3001b; --critical-ground: #fdecee; --error: #943c00; --error-ground: #fdf0e4;
  --warning: #6b5300; --warning-ground: #fbf5d9; --information: #1b4f8f; --information-ground: #e9f1fb; --good: #12613a; --good-ground: #e6f5ec;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #12171d; --raised: #1b222b; --line: #5a6775; --text: #e8edf2; --faint: #aab6c2; --link: #8fc2ff; --arrow: #a3b1bf;
    --critical: #ff9a9f; --critical-ground: #3a1519; --error: #ffb37d; --error-ground: #3a2310;
    --warning: #f0d264; --warning-ground: #322b0c; --information: #9dcaff; --information-ground: #13273f; --good: #86dfab; --good-ground: #10301f;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: var(--text); background: var(--ground); }
body { margin: 0 auto; padding: 20px 24px 60px; max-width: 1240px; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 0; }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .5rem; }
p { margin: .4rem 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .88em; }
.skip { position: absolute; left: -999px; }
.skip:focus { position: static; }
.faint { color: var(--faint); }
.sprite { position: absolute; width: 0; height: 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.badge { font-weight: 700; }
.badge svg { width: 1.05em; height: 1.05em; margin-right: .35em; vertical-align: -.14em; }
.badge.critical, .gap.critical, .bar.critical, .mark.critical { color: var(--critical); }
.badge.error, .gap.error, .bar.error, .mark.error { color: var(--error); }
.badge.warning, .gap.warning, .bar.warning, .mark.warning { color: var(--warning); }
.badge.information, .gap.information, .bar.information, .mark.information { color: var(--information); }
.badge.good, .bar.good { color: var(--good); }
.counts { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: .6rem 0 0; padding: 0; list-style: none; }

table { border-collapse: collapse; width: 100%; font-size: .9rem; }
table.fixed { table-layout: fixed; }
caption { text-align: left; color: var(--faint); padding: 0 0 .35rem; }
th, td { text-align: left; vertical-align: top; padding: .32rem .5rem; border: 1px solid var(--line); font-weight: 400; }
thead th, tbody th { background: var(--raised); }
thead th, tbody th strong { font-weight: 600; }
thead th, td .badge { overflow-wrap: break-word; }
td ul { margin: 0; padding: 0; list-style: none; }
.narrow th, .narrow td { padding: .28rem .3rem; font-size: .8rem; line-height: 1.3; }
.gap { display: inline-block; padding: 0 .3em; border: 2px dashed; border-radius: 4px; font-weight: 700; }
.bar { width: 100%; height: 10px; display: block; }
.bar rect { fill: var(--raised); stroke: var(--line); } .bar rect.filled { fill: currentColor; stroke: none; }

details.zone, section.zone { border: 1px solid var(--line); border-left-width: 6px; border-radius: 8px; margin: 1.2rem 0 0; padding: .8rem 1.1rem; }
.zone.critical, .findings > .critical { border-left-color: var(--critical); } .zone.error, .findings > .error { border-left-color: var(--error); }
.zone.warning, .findings > .warning { border-left-color: var(--warning); }
.zone.information, .findings > .information { border-left-color: var(--information); } .zone.good { border-left-color: var(--good); }
details.zone > summary { cursor: pointer; }
summary > h2, summary > h3, summary > h4 { display: inline; }
.verdict { font-size: 1.08rem; margin: .6rem 0; padding: .6rem .8rem; border: 1px solid; border-radius: 6px; }
.verdict.critical { background: var(--critical-ground); border-color: var(--critical); }
.verdict.error { background: var(--error-ground); border-color: var(--error); }
.verdict.warning { background: var(--warning-ground); border-color: var(--warning); }
.verdict.information { background: var(--information-ground); border-color: var(--information); }
.verdict.good { background: var(--good-ground); border-color: var(--good); }
.jump { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .5rem 0; padding: 0; list-style: none; font-size: .92rem; }
.findings { margin: 0; padding: 0; list-style: none; }
.findings > li { border: 1px solid var(--line); border-left-width: 5px; border-radius: 5px; padding: .5rem .8rem; margin: 0 0 .6rem; }
.findings dl { display: grid; grid-template-columns: 5.5rem 1fr; gap: .15rem .6rem; margin: .35rem 0 0; }
.findings dt { color: var(--faint); } .findings dd { margin: 0; }
.findings .code { color: var(--faint); margin-left: .8em; }

.chain { display: block; max-width: 100%; height: auto; margin: .4rem 0; }
.chain text { fill: var(--text); font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.chain text.name { font-size: 13.5px; font-weight: 700; } .chain text.heading { font-size: 15px; font-weight: 700; }
.chain text.note { font-weight: 700; }
.chain text.note.critical { fill: var(--critical); } .chain text.note.error { fill: var(--error); }
.chain text.note.warning { fill: var(--warning); } .chain text.note.information { fill: var(--information); }
.signer { fill: none; stroke: var(--line); stroke-width: 1.5; } .signer.dim { stroke-dasharray: 2 4; }
.box { fill: var(--raised); stroke: var(--line); stroke-width: 1; }
.box.server { fill: none; stroke: none; } .box.server.absent { stroke: var(--faint); stroke-dasharray: 5 4; }
.box.rrset { fill: none; stroke: var(--faint); stroke-width: 1.5; }
.box.data { stroke: var(--faint); stroke-width: 1.5; }
.box.ds, .box.key { fill: var(--ground); stroke: var(--arrow); stroke-width: 1.5; }
.box.key.own { stroke-width: 2.5; }
.box.key.foreign { stroke-width: 1; } .box.key.idle { stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 1.5 3; }
.box.absent, .box.partly { stroke-dasharray: 6 4; }
.box.key.absent { fill: none; }
.box.critical, .box.key.critical, .box.server.critical { stroke: var(--critical); stroke-width: 2.5; stroke-dasharray: 6 4; fill: var(--critical-ground); }
.box.error, .box.key.error, .box.server.error { stroke: var(--error); stroke-width: 2.5; stroke-dasharray: 6 4; fill: var(--error-ground); }
.box.warning, .box.key.warning, .box.server.warning { stroke: var(--warning); stroke-width: 2; stroke-dasharray: 6 4; fill: var(--warning-ground); }
.box.rrset.critical, .box.rrset.error, .box.rrset.warning { fill: none; }
.arrow { fill: none; stroke: var(--arrow); stroke-width: 1.6; }
.arrow.broken { stroke-dasharray: 5 4; } .arrow.head { stroke-dasharray: none; }
.arrow.critical { stroke: var(--critical); } .arrow.error { stroke: var(--error); } .arrow.warning { stroke: var(--warning); }
.mark { fill: currentColor; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; font-size: .85rem; color: var(--faint); }
.legend svg { vertical-align: -2px; margin-right: .3em; }

@media print {
  html { font-size: 10pt; }
  body { padding: 0; max-width: none; }
  .skip, .jump { display: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  details.zone { break-before: page; }
  details.zone, section.zone { border: 0; padding: 0; }
  summary { list-style: none; }
  tr, li, table, .chain, .verdict { break-inside: avoid; }
  nav table { break-inside: auto; }
  .narrow th, .narrow td { font-size: 6.5pt; padding: .15rem; }
  h2, h3, caption { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  .box.critical, .box.error, .box.warning { fill: none; }
}
""".strip())

# One shape for each severity, drawn in a square of 16.
_SHAPES = {
    CRITICAL: '<path d="M5 0h6l5 5v6l-5 5H5l-5-5V5z"/><path class="inside" d="M5 5l6 6M11 5l-6 6"/>',
    ERROR: '<path d="M.5 .5h15v15H.5z"/><path class="inside" d="M8 3.2v6M8 11v1.8"/>',
    WARNING: '<path d="M8 .8L16 15H0z"/><path class="inside" d="M8 6v4.4M8 12v1.4"/>',
    INFORMATION: '<circle cx="8" cy="8" r="8"/><path class="inside" d="M8 3.2v1.8M8 7v5.6"/>',
    GOOD: '<circle cx="8" cy="8" r="8"/><path class="inside" d="M4.2 8.4l2.8 2.8 4.8-5.6"/>',
}
SYMBOLS: Markup = constant(
    '<svg class="sprite" aria-hidden="true"><style>.inside{fill:none;stroke:var(--ground);stroke-width:2}</style>'
    + ''.join(f'<symbol id="mark-{severity}" viewBox="0 0 16 16">{shape}</symbol>' for severity, shape in _SHAPES.items())
    + '</svg>'
)
