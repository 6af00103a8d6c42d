/** The style of the report: both color schemes, from a phone to a desktop, and print. */
export const htmlStyle = `
:root{color-scheme:light dark;--bg:#fbfaf8;--card:#fff;--ink:#1d1c1a;--soft:#625f58;--line:#dedad2;--grid:#ebe8e1;--accent:#1f5fbf;--warn:#8a4b00;--warnbg:#fff4e0;--s0:#2f6fbf;--s1:#d0742a;--s2:#3f8f5b;--s3:#8c5bb5;--s4:#b8434f;--s5:#6d7a2f}
@media (prefers-color-scheme:dark){:root{--bg:#161618;--card:#1f1f22;--ink:#ececea;--soft:#a8a59d;--line:#38373a;--grid:#2b2b2e;--accent:#8ab4f4;--warn:#ffc073;--warnbg:#33270f;--s0:#6ea3ea;--s1:#ec9a57;--s2:#6fbf8b;--s3:#b58cdc;--s4:#e27b85;--s5:#b3c065}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.7rem;line-height:1.25;margin:.3rem 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
h3{font-size:.95rem;margin:0 0 .3rem}
p{margin:.4rem 0}.soft{color:var(--soft);font-size:.92rem}
.warn{background:var(--warnbg);color:var(--warn);border-radius:8px;padding:.6rem .8rem}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.88rem;padding:.55rem .8rem .2rem}
caption span{display:block;position:sticky;left:.8rem;width:min(100%,calc(100vw - 3.2rem))}
th,td{padding:.45rem .8rem;text-align:right;border-top:1px solid var(--line);white-space:nowrap}
thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.88rem}
th:first-child,td:first-child{text-align:left}
tbody th{font-weight:600}
.interval{color:var(--soft);font-size:.85rem;display:block}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:.9rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem .9rem}
svg{display:block;width:100%;height:auto}
.wide{max-width:640px}
.tick{font:11px system-ui,sans-serif;fill:var(--soft)}.label{font:600 13px system-ui,sans-serif;fill:var(--ink)}.value{font:12px system-ui,sans-serif;fill:var(--ink)}
.grid{stroke:var(--grid);stroke-width:1}.axis{stroke:var(--line);stroke-width:1}.whisker{stroke:var(--ink);stroke-width:1.3}
.bar.s0,.dot.s0{fill:var(--s0)}.bar.s1,.dot.s1{fill:var(--s1)}.bar.s2,.dot.s2{fill:var(--s2)}.bar.s3,.dot.s3{fill:var(--s3)}.bar.s4,.dot.s4{fill:var(--s4)}.bar.s5,.dot.s5{fill:var(--s5)}
.curve{fill:none;stroke-width:2}.curve.s0{stroke:var(--s0)}.curve.s1{stroke:var(--s1)}.curve.s2{stroke:var(--s2)}.curve.s3{stroke:var(--s3)}.curve.s4{stroke:var(--s4)}.curve.s5{stroke:var(--s5)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;padding:0;margin:.5rem 0}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:3px;margin-right:.45em;vertical-align:-.05em}
.swatch.s0{background:var(--s0)}.swatch.s1{background:var(--s1)}.swatch.s2{background:var(--s2)}.swatch.s3{background:var(--s3)}.swatch.s4{background:var(--s4)}.swatch.s5{background:var(--s5)}
.filters{display:flex;flex-wrap:wrap;gap:.6rem .9rem;align-items:end;margin:.6rem 0 .8rem}
.filters label{display:flex;flex-direction:column;font-size:.85rem;color:var(--soft);gap:.2rem}
input,select,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.4rem .6rem;min-height:2.5rem}
input[type=number]{width:6rem}
input[type=search]{width:min(20rem,80vw)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.item{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:.5rem 0}
.item summary{padding:.6rem .9rem;cursor:pointer;display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:baseline}
.item summary::before{content:"▸";color:var(--soft)}.item[open] summary::before{content:"▾"}
.item .head{font-weight:600}.item .scores{font-variant-numeric:tabular-nums;color:var(--soft)}
.item .body{padding:.2rem .9rem .9rem;border-top:1px solid var(--line)}
.story{white-space:pre-wrap;overflow-wrap:anywhere;margin:.6rem 0}.story .given{color:var(--soft)}.story .written{font-weight:500}
.assessment{white-space:pre-wrap;overflow-wrap:anywhere;border-left:3px solid var(--line);padding-left:.8rem;margin:.6rem 0}
.flag{background:var(--warnbg);color:var(--warn);border-radius:6px;padding:.05rem .45rem;font-size:.85rem}
.spaced{margin-top:.9rem}
[hidden]{display:none!important}
@media (max-width:600px){main{padding:1rem .7rem 3rem}h1{font-size:1.35rem}th,td{padding:.4rem .55rem}.stack td,.stack th{white-space:normal}.filters>label{flex:1 1 9rem}input[type=search]{width:100%}}
@media print{.filters{display:none}.item{break-inside:avoid}}
`
