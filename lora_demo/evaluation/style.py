"""The style of a report: all under `.report`, named twice so that a page that holds one cannot outdo it; for light, dark and paper."""

STYLE = """
.report { --ink: #26231d; --soft: #6d675b; --line: #ddd7c9; --paper: #fdfbf6; --card: #fff; --good: #0b7a5c; --bad: #b3361b; --hit: #c9efdf; --miss: #fbd9cf;
  --c0: #6d675b; --c1: #0e7c73; --c2: #b4530f; --c3: #5a4fb0; --c4: #a8326d; --c5: #2f6db3; --c6: #71801b; --c7: #8b5a2b;
  color: var(--ink); font: 16px/1.55 var(--font, system-ui), sans-serif; max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 5rem; }
@media (prefers-color-scheme: dark) { .report { --ink: #ece8df; --soft: #a9a294; --line: #3d3930; --paper: #191712; --card: #22201a; --good: #55d0ae; --bad: #ff8d71; --hit: #124a3a; --miss: #5b2718;
  --c0: #a9a294; --c1: #4cc4b8; --c2: #f0964f; --c3: #a79df5; --c4: #ef86bb; --c5: #7db4ef; --c6: #bccb55; --c7: #cfa06d; } }
.dark .report { --ink: #ece8df; --soft: #a9a294; --line: #3d3930; --card: #22201a; --good: #55d0ae; --bad: #ff8d71; --hit: #124a3a; --miss: #5b2718;
  --c0: #a9a294; --c1: #4cc4b8; --c2: #f0964f; --c3: #a79df5; --c4: #ef86bb; --c5: #7db4ef; --c6: #bccb55; --c7: #cfa06d; }
body:has(> .report) { margin: 0; background: #fdfbf6; }
@media (prefers-color-scheme: dark) { body:has(> .report) { background: #191712; } }
.report.report h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
.report.report h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
.report.report h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
.report.report p { margin: .35rem 0; }
.report.report .soft, .report.report figcaption, .report.report small { color: var(--soft); font-size: .9rem; }
.report.report .verdict { font-size: 1.15rem; border-left: 4px solid var(--c0); padding: .1rem 0 .1rem .8rem; margin: .7rem 0; }
.report.report .verdict.better { border-color: var(--good); } .report.report .verdict.worse { border-color: var(--bad); }
.report.report .alarm { background: var(--miss); border: 2px solid var(--bad); border-radius: 6px; padding: .6rem .9rem; font-weight: 600; margin: .8rem 0; }
.report.report .scroll { overflow-x: auto; }
.report.report table { border: 0; border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: .5rem 0; }
.report.report th, .report.report td { text-align: right; padding: .35rem .6rem; border: 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.report.report th:first-child, .report.report td:first-child { min-width: 7rem; text-align: left; overflow-wrap: anywhere; }
.report.report th { font-weight: 600; font-size: .85rem; color: var(--soft); }
.report.report td small { display: block; white-space: nowrap; }
.report.report .better { color: var(--good); } .report.report .worse { color: var(--bad); } .report.report p.better, .report.report p.worse { color: inherit; }
.report.report details summary { white-space: nowrap; cursor: pointer; color: var(--soft); font-size: .9rem; }
.report.report td details { max-width: 22rem; margin-left: auto; }
.report.report a { color: var(--c1); }
.report.report .links a { display: inline-block; padding: .05rem .3rem; }
.report.report figure { margin: 1rem 0; }
.report.report svg { width: 100%; max-width: 640px; height: auto; display: block; }
.report.report svg text { font-size: 12px; fill: var(--ink); } .report.report svg .end { text-anchor: end; } .report.report svg .mid { text-anchor: middle; }
.report.report svg line { stroke: currentColor; stroke-width: 2; } .report.report svg circle, .report.report svg rect { fill: currentColor; }
.report.report svg .axis { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; } .report.report svg .frame { fill: none; stroke: var(--line); }
.report.report svg .up { fill: var(--good); opacity: .6; } .report.report svg .down { fill: var(--bad); opacity: .6; } .report.report svg .same { fill: var(--soft); opacity: .5; }
.report.report .s0, .report.report .s0 * { color: var(--c0); } .report.report .s1, .report.report .s1 * { color: var(--c1); } .report.report .s2, .report.report .s2 * { color: var(--c2); } .report.report .s3, .report.report .s3 * { color: var(--c3); }
.report.report .s4, .report.report .s4 * { color: var(--c4); } .report.report .s5, .report.report .s5 * { color: var(--c5); } .report.report .s6, .report.report .s6 * { color: var(--c6); } .report.report .s7, .report.report .s7 * { color: var(--c7); }
.report.report .legend span { margin-right: 1.2rem; font-size: .9rem; } .report.report .legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; background: currentColor; margin-right: .35rem; }
.report.report .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2rem; align-items: start; }
.report.report article { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: .6rem .9rem; margin: .6rem 0; overflow-wrap: anywhere; }
.report.report article:target { outline: 3px solid var(--c1); }
.report.report article dl { display: grid; grid-template-columns: minmax(5rem, 9rem) 1fr auto; gap: .2rem .8rem; margin: .3rem 0 0; }
.report.report article dt { color: var(--soft); font-size: .85rem; } .report.report article dd { margin: 0; } .report.report article dd.number { font-variant-numeric: tabular-nums; color: var(--soft); font-size: .85rem; text-align: right; }
.report.report mark { color: inherit; border-radius: 3px; padding: 0 .1em; } .report.report mark.hit { background: var(--hit); } .report.report mark.miss { background: var(--miss); }
.report.report code { font-size: .85rem; overflow-wrap: anywhere; }
@media print { .report { max-width: none; } .report.report article { break-inside: avoid; } }
"""
