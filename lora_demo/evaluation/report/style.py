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
.report.report h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem !important; padding-top: .75rem; border-top: 1px solid var(--line); }
.report.report h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
.report.report p { margin: .35rem 0; }
.report.report .soft, .report.report figcaption, .report.report small { color: var(--soft); font-size: .9rem; }
.report.report .verdict { min-height: 0; max-width: none; font-size: 1.15rem; border-left: 4px solid var(--c0); padding: .1rem 0 .1rem .8rem; margin: .7rem 0; }
.report.report .verdict.better { border-color: var(--good); } .report.report .verdict.worse { border-color: var(--bad); }
.report.report .alarm { background: var(--miss); border: 2px solid var(--bad); border-radius: 6px; padding: .6rem .9rem; font-weight: 600; margin: .8rem 0; }
.report.report .scroll { overflow-x: auto; }
.report.report table { border: 0; border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: .5rem 0; }
.report.report th, .report.report td { text-align: right; padding: .35rem .6rem; border: 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
.report.report th, .report.report td:first-child, .report.report td details { white-space: normal; }
.report.report th:first-child, .report.report td:first-child { min-width: 7rem; text-align: left; overflow-wrap: anywhere; }
.report.report th { font-weight: 600; font-size: .85rem; color: var(--soft); }
.report.report td small { display: block; }
.report.report .better { color: var(--good); } .report.report .worse { color: var(--bad); } .report.report p.better, .report.report p.worse { color: inherit; }
.report.report details summary { white-space: nowrap; cursor: pointer; color: var(--soft); font-size: .9rem; }
.report.report td details { max-width: 22rem; margin-left: auto; }
.report.report a { color: var(--c1); padding: 0; }
.report.report .links a { display: inline-block; padding: .05rem .3rem; }
.report.report figure { margin: 1.4rem 0 1rem; } .report.report figcaption { margin-bottom: .3rem; }
.report.report svg { max-width: 100%; height: auto; display: block; }
.report.report svg text { font-size: 12px; fill: var(--ink); } .report.report svg .end { text-anchor: end; } .report.report svg .mid { text-anchor: middle; }
.report.report svg .axis { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; } .report.report svg .frame { fill: none; stroke: var(--line); }
.report.report svg .up { fill: var(--good); opacity: .6; } .report.report svg .down { fill: var(--bad); opacity: .6; } .report.report svg .same { fill: var(--soft); opacity: .5; }
.report.report .s0, .report.report .s0 * { color: var(--c0); } .report.report .s1, .report.report .s1 * { color: var(--c1); } .report.report .s2, .report.report .s2 * { color: var(--c2); } .report.report .s3, .report.report .s3 * { color: var(--c3); }
.report.report .s4, .report.report .s4 * { color: var(--c4); } .report.report .s5, .report.report .s5 * { color: var(--c5); } .report.report .s6, .report.report .s6 * { color: var(--c6); } .report.report .s7, .report.report .s7 * { color: var(--c7); }
.report.report .legend span { display: inline-block; margin-right: 1.2rem; font-size: .9rem; } .report.report .legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; background: currentColor; margin-right: .35rem; }
.report.report .intervals { display: grid; grid-template-columns: minmax(4rem, 9rem) 1fr 3.2rem; gap: .15rem .9rem; align-items: center; max-width: 40rem; font-size: .85rem; font-variant-numeric: tabular-nums; }
.report.report .intervals span { overflow-wrap: anywhere; } .report.report .intervals span:nth-child(3n + 1), .report.report .intervals span:nth-child(3n) { text-align: right; }
.report.report .track { position: relative; height: 1.7rem; background: linear-gradient(var(--line), var(--line)) 50% 50% / 100% 1px no-repeat; }
.report.report .track i { position: absolute; top: calc(50% - 1.5px); height: 3px; border-radius: 2px; background: currentColor; } .report.report .track b { position: absolute; top: calc(50% - 5px); width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; background: currentColor; }
.report.report .ticks { position: relative; height: 1.3rem; } .report.report .ticks small { position: absolute; transform: translateX(-50%); font-size: .75rem; }
.report.report .bars { display: flex; gap: clamp(.2rem, 2%, 1.5rem); max-width: 40rem; margin-bottom: .4rem; } .report.report .bars > div { flex: 1; min-width: 0; text-align: center; } .report.report .bars small { font-size: .75rem; line-height: 1.25; display: block; margin-top: .25rem; }
.report.report .bars > div > div { display: flex; align-items: flex-end; justify-content: center; gap: 2px; height: 9.5rem; border-bottom: 1px solid var(--line); } .report.report .bars i { flex: 0 1 2.4rem; min-width: 1px; background: currentColor; }
.report.report .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2rem; align-items: start; }
.report.report article { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: .6rem .9rem; margin: .6rem 0; overflow-wrap: anywhere; }
.report.report article:target { outline: 3px solid var(--c1); }
.report.report article dl { display: grid; grid-template-columns: minmax(5rem, 9rem) 1fr auto; gap: .2rem .8rem; margin: .3rem 0 0; }
.report.report article dt { color: var(--soft); font-size: .85rem; } .report.report article dd { margin: 0; } .report.report article dd.number { font-variant-numeric: tabular-nums; color: var(--soft); font-size: .85rem; text-align: right; }
.report.report mark { color: inherit; border-radius: 3px; padding: 0 .1em; } .report.report mark.hit { background: var(--hit); } .report.report mark.miss { background: var(--miss); }
.report.report code { font-size: .85rem; overflow-wrap: anywhere; }
@media (max-width: 560px) { .report { padding: 1.25rem 1rem 3rem; } .report.report article dl { grid-template-columns: 1fr auto; gap: 0 .8rem; } .report.report article dt { grid-column: 1 / -1; margin-top: .3rem; } }
@media print { .report { max-width: none; } .report.report article { break-inside: avoid; } }
"""
