// Draws docs/architecture.svg from the imports in the sources and checks the rules of docs/ARCHITECTURE.md:
// `node .ci/architecture.mjs` draws, `node .ci/architecture.mjs --check` exits with 1 where a rule is broken.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** Which packages each package may import, from top to bottom. Tests and `testing` folders are free. */
const mayImport = {
  cli: ['*'],
  demo: ['*'],
  create: ['utils'],
  sweep: ['*'],
  pipeline: ['*'],
  trainer: ['backends', 'compiler', 'utils'],
  grader: ['llm', 'utils'],
  dataset: ['llm', 'utils'],
  interpret: ['model', 'utils'],
  tokenizer: ['utils'],
  llm: ['utils'],
  model: ['utils'],
  backends: ['utils'],
  compiler: ['utils'],
  utils: [],
}
const apps = new Set(['cli', 'demo', 'create'])

const isSource = path => /\.tsx?$/.test(path) && !/\.test\.tsx?$|\.d\.ts$/.test(path)

function* filesIn(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) {
      if (name !== 'testing' && name !== 'node_modules') yield* filesIn(path)
    } else if (isSource(path)) yield path
  }
}

/** What a file imports or re-exports, types included. */
function importsOf(text) {
  const found = [
    ...text.matchAll(/^(?:import|export)\s[^;'"]*?from '([^']+)'/gm),
    ...text.matchAll(/^import '([^']+)'/gm),
    ...text.matchAll(/\bimport\('([^']+)'\)/g),
  ]
  return [...new Set(found.map(([, target]) => target))]
}

const packages = new Map()
for (const parent of ['packages', 'apps']) {
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name)
    if (!existsSync(join(folder, 'package.json')) || !(name in mayImport)) continue
    const { exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const entries = new Set(Object.keys(exports).map(entry => entry.slice(2)))
    packages.set(name, { folder, entries, rooms: new Map(), imports: new Set() })
  }
}

const problems = []
const graph = new Map()
for (const [name, { folder, rooms, imports }] of packages) {
  const source = join(folder, 'src')
  for (const file of filesIn(source)) {
    const text = readFileSync(file, 'utf8')
    const [room, ...rest] = relative(source, file).split(sep)
    const key = rest.length === 0 ? '' : room
    rooms.set(key, (rooms.get(key) ?? 0) + text.split('\n').length - 1)
    const targets = []
    for (const target of importsOf(text)) {
      if (target.startsWith('.')) targets.push(relative('.', resolve(dirname(file), target)))
      const [, other, , entry = ''] = target.match(/^@tinystories\/([a-z-]+)(\/(.+))?$/) ?? []
      if (other === undefined || other === name) continue
      const known = packages.get(other)
      if (!known) problems.push(`${file} imports ${target}, which no product may`)
      else if (!known.entries.has(entry)) problems.push(`${file} imports ${target}, which is no entry of it`)
      else if (apps.has(other)) problems.push(`${file} imports the app ${other}`)
      else if (!mayImport[name].includes('*') && !mayImport[name].includes(other))
        problems.push(`${file} imports ${target}: ${name} may know ${mayImport[name].join(', ') || 'nobody'}`)
      imports.add(other)
    }
    graph.set(file, targets)
  }
}

/** Files that import each other in a circle, by Tarjan's algorithm for strongly connected components. */
function circles() {
  const index = new Map()
  const low = new Map()
  const stack = []
  const found = []
  const visit = file => {
    index.set(file, index.size)
    low.set(file, index.get(file))
    stack.push(file)
    for (const target of graph.get(file) ?? []) {
      if (!graph.has(target)) continue
      if (!index.has(target)) {
        visit(target)
        low.set(file, Math.min(low.get(file), low.get(target)))
      } else if (stack.includes(target)) low.set(file, Math.min(low.get(file), index.get(target)))
    }
    if (low.get(file) !== index.get(file)) return
    const circle = stack.splice(stack.indexOf(file))
    if (circle.length > 1) found.push(circle)
  }
  for (const file of graph.keys()) if (!index.has(file)) visit(file)
  return found
}
for (const circle of circles())
  problems.push(`these files import each other in a circle: ${circle.join(', ')}`)

function picture() {
  const reaches = (from, to, seen = new Set()) =>
    [...packages.get(from).imports].some(
      next => next === to || (!seen.has(next) && seen.add(next) && reaches(next, to, seen)),
    )
  const lines = [
    'digraph "Packages and who imports whom" { rankdir=TB; ranksep=0.5; nodesep=0.25; bgcolor=white',
    'node [shape=plain, fontname="Helvetica,Arial,sans-serif", fontsize=11]; edge [color="#8a8f98", arrowsize=0.6]',
  ]
  for (const [name, { rooms, imports }] of packages) {
    const total = [...rooms.values()].reduce((sum, count) => sum + count, 0)
    const fill = apps.has(name) ? '#fff1dc' : name === 'pipeline' ? '#e4f3e6' : '#eaf0fb'
    const named = [...rooms.keys()].filter(room => room !== '')
    const rows = []
    for (let at = 0; at < named.length; at += 3) rows.push(named.slice(at, at + 3).join(' · '))
    const body = rows
      .map(
        row =>
          `<tr><td align="left"><font point-size="9" color="#555b66">${row}</font>&#160;&#160;&#160;&#160;</td></tr>`,
      )
      .join('')
    // Room at the right, for readers whose font is wider than the one that was measured with.
    lines.push(
      `${name} [label=<<table border="1" cellborder="0" cellspacing="0" cellpadding="3" color="#c5ccd8" bgcolor="${fill}" style="rounded"><tr><td align="left"><b>${name}</b>&#160;&#160;<font point-size="9" color="#8a8f98">${total.toLocaleString('en-US')} lines</font>&#160;&#160;&#160;&#160;</td></tr>${body}</table>>]`,
    )
    // An arrow that another path implies is not drawn.
    for (const other of imports) {
      const others = [...imports].filter(each => each !== other)
      if (!others.some(each => reaches(each, other))) lines.push(`${name} -> ${other}`)
    }
  }
  return `${lines.join('\n')}\n{ rank=same; cli; demo; create }\n}`
}

if (process.argv.includes('--check')) {
  for (const problem of problems) console.error(problem)
  console.log(`${graph.size} files in ${packages.size} packages, ${problems.length} rules broken`)
  process.exitCode = problems.length === 0 ? 0 : 1
} else {
  const { instance } = await import('@viz-js/viz')
  const viz = await instance()
  const svg = viz.renderString(picture(), { format: 'svg', engine: 'dot' })
  writeFileSync('docs/architecture.svg', svg)
  console.log(`docs/architecture.svg: ${packages.size} packages, ${graph.size} files`)
}
