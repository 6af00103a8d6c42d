// Packs every library, installs the tarballs into an empty folder, bundles a small program of each with esbuild, webpack,
// Vite and Rolldown, runs the bundles in Chromium and the programs in Node, Deno and Bun, and prints the table.
//
//     npm run build && node --conditions=@tinystories/source .ci/packed/bundles.mjs [package ...]
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromiumPath, launchChromium, serveFolder } from '@tinystories/testing/browser'
import { loadBundlers } from './bundlers.mjs'
import { eachOf, emptyFolder, install, packAll, packedTools, published, run } from './pack.mjs'

const started = performance.now()
const only = process.argv.slice(2)
const libraries = published
  .filter(({ folder }) => folder.startsWith('packages/'))
  .map(({ manifest }) => manifest.name.slice('@tinystories/'.length))
const chosen = libraries.filter(name => only.length === 0 || only.includes(name))
const peers = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'onnxruntime-web', 'onnxruntime-node']

/** What does not work and why: it is shown, and is a fault only when it works after all. */
const known = {}

const tools = await packedTools()
const tarballs = await packAll()
const folder = emptyFolder('bundles')
const table = Object.fromEntries(chosen.map(name => [name, {}]))
const faults = []
const warnings = []
const note = (name, column, problem) => {
  const reason = known[`${name} ${column}`]
  table[name][column] = problem === undefined ? 'ok' : reason === undefined ? 'FAILS' : 'no'
  if (problem !== undefined && reason === undefined) faults.push(`${name}, ${column}: ${problem}`)
  if (problem === undefined && reason !== undefined)
    faults.push(`${name}, ${column}: works, against what is known`)
}

await install(folder, [...libraries.map(name => `@tinystories/${name}`), ...peers], tarballs)
console.log(`packed and installed after ${seconds()}`)
cpSync(fileURLToPath(new URL('programs', import.meta.url)), folder, { recursive: true })
for (const name of chosen) {
  writeFileSync(
    join(folder, `${name}-entry.mjs`),
    `import run, { expected } from './${name}.mjs'
const isPage = typeof document !== 'undefined'
const result = run({ isPage, files: isPage ? new URL('/node_modules', location.href).href : undefined }).then(
  found => (JSON.stringify(found) === JSON.stringify(expected) ? 'ok' : 'gave ' + JSON.stringify(found)),
  error => 'threw ' + (error?.stack ?? error),
)
globalThis.result = result
if (!isPage) console.log(await result)
`,
  )
}
await inRuntimes()
await inPages()

const columns = [...new Set(Object.values(table).flatMap(Object.keys))]
const rows = [
  ['package', ...columns],
  ...chosen.map(name => [name, ...columns.map(column => table[name][column] ?? '')]),
]
const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)))
for (const row of rows) console.log(`| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`)
for (const [cell, reason] of Object.entries(known)) console.log(`${cell}: ${reason}`)
for (const warning of warnings) console.log(`warning: ${warning}`)
for (const fault of faults) console.error(`fault: ${fault}`)
console.log(`${chosen.length} packages, ${warnings.length} warnings, ${faults.length} faults, ${seconds()}`)
if (faults.length > 0) process.exitCode = 1

async function inRuntimes() {
  const jobs = Object.entries(tools.runtimes).flatMap(([runtime, command]) =>
    chosen.map(name => ({ runtime, command, name })),
  )
  await eachOf(jobs, async ({ runtime, command: [program, ...args], name }) => {
    const options = { cwd: folder, timeout: 60_000 }
    const printed = await run(program, [...args, `${name}-entry.mjs`], options).then(
      ({ stdout }) => stdout.trim().split('\n').at(-1),
      error => `ended with ${error.code ?? error.signal}: ${String(error.stderr).trim().slice(-500)}`,
    )
    note(name, runtime, printed === 'ok' ? undefined : printed)
  })
  console.log(`ran in ${Object.keys(tools.runtimes).join(', ')} after ${seconds()}`)
}

async function inPages() {
  if (chromiumPath() === undefined) throw new Error('there is no Chromium to run the bundles in')
  const bundlers = await loadBundlers(tools)
  const { url, close } = await serveFolder(folder)
  const browser = await launchChromium()
  try {
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      for (const name of chosen) {
        const out = join(folder, 'out', bundler, name)
        mkdirSync(out, { recursive: true })
        try {
          const said = await bundle(join(folder, `${name}-entry.mjs`), out, folder)
          warnings.push(...said.map(text => `${name}, ${bundler}: ${text.split('\n').slice(0, 2).join(' ')}`))
          writeFileSync(join(out, 'index.html'), '<script type="module" src="main.js"></script>')
          note(name, bundler, await inPage(browser, `${url}out/${bundler}/${name}/`))
        } catch (error) {
          note(name, bundler, String(error.message).slice(0, 800))
        }
      }
      console.log(`${bundler} after ${seconds()}`)
    }
  } finally {
    await browser.close()
    await close()
  }
}

/** @returns what went wrong */
async function inPage(browser, address) {
  const page = await browser.newPage()
  const problems = []
  page.on('pageerror', error => problems.push(error.message))
  page.on('requestfailed', request => problems.push(`${request.url()} failed`))
  try {
    await page.goto(address)
    await page.waitForFunction(() => globalThis.result !== undefined, undefined, { timeout: 20_000 })
    const result = await page.evaluate(() => globalThis.result)
    return result === 'ok' ? undefined : result
  } catch (error) {
    return [...problems, error.message].join('; ')
  } finally {
    await page.close()
  }
}

function seconds() {
  return `${((performance.now() - started) / 1000).toFixed(0)} s`
}
