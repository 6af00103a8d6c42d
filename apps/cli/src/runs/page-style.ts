/** Follows the reader's color scheme; a table that is too wide scrolls by itself. */
export const pageStyle = `
:root { color-scheme: light dark; --text: light-dark(#1d2733, #e4e9f0); --soft: light-dark(#5b6877, #9aa7b7);
  --line: light-dark(#d9dfe7, #36404d); --back: light-dark(#fbfcfd, #14181e); --panel: light-dark(#fff, #1b2129) }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 1rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.soft { color: var(--soft); font-size: .9rem }
form { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; margin-bottom: .75rem }
form label { display: inline-flex; gap: .5rem; align-items: center }
select, button { font: inherit; padding: .25rem .6rem; border: 1px solid var(--line); border-radius: .4rem;
  background: var(--panel); color: inherit }
button { cursor: pointer }
#chart { background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; padding: .5rem; overflow: hidden }
.u-legend { font-size: .85rem; text-align: left } .u-title { display: none }
.u-legend :is(th, td) { border: 0; padding: .2rem .3rem }
.scroll { overflow-x: auto; margin-top: 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--panel) }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { padding: .45rem .75rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line) }
tbody tr:last-child > * { border-bottom: 0 }
thead th { color: var(--soft); font-weight: 500 } tbody th { font-weight: 600 }
tbody label { display: inline-flex; gap: .5rem; align-items: center; cursor: pointer }
.number { font-variant-numeric: tabular-nums; text-align: right } thead th:nth-child(n+2):nth-child(-n+7) { text-align: right }
.swatch { width: .8rem; height: .8rem; border-radius: 50%; display: inline-block }
details { border: 1px solid var(--line); border-radius: .6rem; background: var(--panel); margin: .5rem 0; padding: .5rem .9rem }
summary { cursor: pointer; font-weight: 600 }
dt { color: var(--soft); font-size: .85rem; margin-top: .75rem } dd { margin: .15rem 0 0; white-space: pre-wrap; max-width: 46rem }
`
