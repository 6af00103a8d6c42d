// Runs the code blocks of the READMEs as they stand, from the packed tarballs, in a folder outside the repository, on Node
// 24, 22 and 20; checks their types; that the install lines name what the code imports; that links lead somewhere.
//
//     npm run build && node --conditions=@tinystories/source .ci/packed/readmes.mjs [part of a block's name ...]
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eachOf, emptyFolder, install, packAll, packedTools, published, root, run } from './pack.mjs'
import { readmes, skipped } from './readme-blocks.mjs'

const started = performance.now()
const only = process.argv.slice(2)
let faults = 0
const counts = { ran: 0, skipped: 0 }

const blocks = readmes.flatMap(readme => {
  const text = readFileSync(join(root, readme), 'utf8')
  checkLinks(readme, text)
  const found = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, code]) => ({
    readme,
    language,
    code,
  }))
  return found
    .filter(({ language }) => ['ts', 'js', 'sh'].includes(language))
    .map((block, i) => ({ ...block, name: `${readme}#${i + 1}` }))
})
checkInstallLines()
const programs = blocks.filter(({ name, language }) => {
  if (only.length > 0 && !only.some(part => name.includes(part))) return false
  const reason = skipped[name]
  if (reason === undefined) return language !== 'sh'
  counts.skipped++
  console.log(`skipped ${name}: ${reason}`)
  return false
})
for (const name of Object.keys(skipped))
  if (!blocks.some(block => block.name === name)) fault(`${name} is skipped, but there is no such block`)
for (const { name, code } of blocks.filter(({ language }) => language === 'sh'))
  if (skipped[name] === undefined && !code.split('\n').every(isRun))
    fault(`${name}: a line that is neither an install nor run here, and no reason is given`)

const tools = await packedTools()
const tarballs = await packAll()
const folder = emptyFolder('readmes')
let server
try {
  await install(
    folder,
    [...published.map(({ manifest }) => manifest.name), ...peersOf(blocks)].filter(
      (name, i, all) => all.indexOf(name) === i,
    ),
    tarballs,
  )
  console.log(`packed and installed after ${seconds()}`)
  if (programs.some(({ code }) => code.includes('runs/my-run'))) {
    await run(
      process.execPath,
      ['node_modules/@tinystories/cli/dist/main.js', 'train', '--steps', '20', '--out', 'runs/my-run'],
      { cwd: folder },
    )
    console.log(`npx tinystories train --steps 20 --out runs/my-run: done after ${seconds()}`)
  }
  await checkTypes()
  server = await startStandIn()
  await runBlocks()
} finally {
  server?.process.kill()
}
console.log(
  `${programs.length} blocks, ${counts.ran} runs, ${counts.skipped} skipped, ${faults} faults, ${seconds()}`,
)
if (faults > 0) process.exitCode = 1

/** An install is done from the tarballs, and the run is made once for all. */
function isRun(line) {
  return (
    line === '' ||
    line.startsWith('npm install ') ||
    line === 'npx tinystories train --steps 20 --out runs/my-run'
  )
}

function packagesIn(readme) {
  const lines = blocks
    .filter(block => block.readme === readme && block.language === 'sh')
    .map(({ code }) => code)
  return new Set(
    lines.flatMap(code =>
      [...code.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names]) => names.trim().split(/\s+/)),
    ),
  )
}

function peersOf() {
  const named = readmes.flatMap(readme => [...packagesIn(readme)])
  return named.filter(name => !name.startsWith('@tinystories/') && !name.startsWith('-'))
}

/** What the code imports is named by an install line before it, which is the README's first block. */
function checkInstallLines() {
  for (const readme of readmes) {
    const own = blocks.filter(block => block.readme === readme)
    if (own.length > 0 && readme.startsWith('packages/') && !/^npm install /.test(own[0].code))
      fault(`${readme}: its first block is no install line`)
    const installed = packagesIn(readme)
    for (const { name, language, code } of own) {
      if (language === 'sh') continue
      for (const [, target] of code.matchAll(/(?:from|import) '([^']+)'/g)) {
        const parts = target.split('/')
        const wanted = target.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
        if (!target.startsWith('node:') && !installed.has(wanted))
          fault(`${name} imports ${wanted}, which no install line of ${readme} names`)
      }
    }
  }
}

/** Relative links and pictures lead to a file; registries resolve them by `repository` and its `directory`. */
function checkLinks(readme, text) {
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?:|#|mailto:)/.test(target)) continue
    const path = resolve(root, dirname(readme), target.split('#')[0])
    if (!existsSync(path)) fault(`${readme}: ${target} leads nowhere`)
  }
}

async function checkTypes() {
  const files = programs
    .filter(({ language }) => language === 'ts')
    .map((block, i) => ({ block, file: `types-${i}.mts` }))
  for (const { block, file } of files) writeFileSync(join(folder, file), block.code)
  const compilerOptions = {
    ...{
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
      strict: true,
    },
    ...{ noEmit: true, skipLibCheck: true, types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: files.map(({ file }) => file) }),
  )
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder }).catch(({ stdout }) => {
    for (const line of stdout.split('\n').filter(each => each.includes('error TS'))) {
      const found = files.find(({ file }) => line.includes(file))
      fault(`${found?.block.name ?? ''} types: ${line}`)
    }
  })
  console.log(`types of ${files.length} blocks checked after ${seconds()}`)
}

/** A server that plays Ollama and OpenAI, in a process of its own. */
async function startStandIn() {
  const module = pathToFileURL(join(folder, 'node_modules/@tinystories/llm/dist/testing/index.js')).href
  const reply = 'Grammar: 8/10, Creativity: 7/10, Consistency: 7/10, Plot: 6/10, Age group: C'
  const code = `import { startChatServer } from '${module}'
const { baseURL } = await startChatServer({ respond: () => '${reply}', batch: { delay: 20 } })
console.log(baseURL)`
  const process = spawn(globalThis.process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await process.stdout.take(1).toArray()
  return { process, baseURL: String(line).trim() }
}

async function runBlocks() {
  const { build } = await tools.import('esbuild/lib/main.js')
  const jobs = []
  for (const [i, block] of programs.entries()) {
    const own = join(folder, `block-${i}`)
    const code = block.code
      .replaceAll('https://api.openai.com/v1', server.baseURL)
      .replaceAll('http://localhost:11434/v1', server.baseURL)
    writeFileSync(join(folder, `block-${i}.ts`), code)
    // Types alone are taken away: nothing is bundled.
    await build({ entryPoints: [`${own}.ts`], outfile: `${own}.mjs`, format: 'esm', logLevel: 'silent' })
    for (const version of ['Node 24', 'Node 22', 'Node 20']) jobs.push({ block, i, version })
  }
  // Blocks of one README follow each other; files that they leave are each version's own.
  const lanes = Map.groupBy(jobs, ({ block, version }) => `${version} ${block.readme}`)
  await eachOf(lanes.entries(), async ([lane, lanesJobs]) => {
    const place = join(folder, lane.replaceAll(/\W+/g, '-'))
    // The run that several read is shared; what a block trains is its own.
    await run('mkdir', ['-p', join(place, 'runs')])
    const shared = join(folder, 'runs/my-run')
    if (existsSync(shared)) symlinkSync(shared, join(place, 'runs/my-run'))
    for (const { block, i, version } of lanesJobs) {
      const [program] = tools.runtimes[version]
      const options = { cwd: place, timeout: 300_000, env: { OPENAI_API_KEY: 'any' } }
      await run(program, [join(folder, `block-${i}.mjs`)], options).catch(error => {
        fault(
          `${block.name} on ${version}: ${error.killed ? 'no end' : String(error.stderr).trim().slice(-600)}`,
        )
      })
      counts.ran++
    }
  })
  console.log(`ran after ${seconds()}`)
}

function fault(text) {
  faults++
  console.log(`fault: ${text}`)
}

function seconds() {
  return `${((performance.now() - started) / 1000).toFixed(0)} s`
}
