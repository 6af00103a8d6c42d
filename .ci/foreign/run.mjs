// Opens what we make with the programs of others and compares tokens: `npm run foreign`, from the root. transformers.js and
// llama.cpp (node-llama-cpp) are installed into this folder, the client of OpenAI is a package of the repository, and llama2.c
// is built from the checkout that TINYSTORIES_LLAMA2C names. What cannot be had is skipped, and the table says why.
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emptyFolder, installTools, root, run } from '../packed/pack.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = emptyFolder('foreign')
const programs = [
  {
    name: 'transformers.js',
    script: 'check-transformers-js.ts',
    prepare: installed('TINYSTORIES_TRANSFORMERS_JS'),
  },
  { name: 'llama.cpp', script: 'check-llama-cpp.ts', prepare: installed('TINYSTORIES_LLAMA') },
  { name: 'llama2.c', script: 'check-llama2c.ts', prepare: buildLlama2c },
  { name: 'openai', script: 'check-openai.ts', prepare: async () => ({ env: {} }) },
]

const rows = []
for (const { name, script, prepare } of programs) {
  const started = performance.now()
  const { env, skipped } = await prepare()
  const { result, output } = skipped ? { result: `skipped: ${skipped}` } : await check(script, env)
  if (output) console.error(output)
  rows.push([name, result, `${((performance.now() - started) / 1000).toFixed(0)} s`])
}
for (const row of rows) console.log(`| ${row.join(' | ')} |`)
if (rows.some(([, result]) => result.startsWith('FAILS'))) process.exitCode = 1

/** @returns the last line that a script prints, and where it fails all of them */
async function check(script, env) {
  const args = ['--conditions=@tinystories/source', join(root, 'packages/pipeline/scripts', script)]
  try {
    const { stdout } = await run(process.execPath, args, { env, cwd: root })
    const lines = stdout.trim().split('\n')
    return { result: `${lines.at(-1)}, ${lines.filter(line => line.includes('same: ')).length} comparisons` }
  } catch ({ stdout, stderr, message }) {
    const lines = String(stdout).trim().split('\n')
    return { result: `FAILS: ${lines.at(-1)}`, output: `${stdout}${stderr || message}` }
  }
}

function installed(variable) {
  return async () => {
    try {
      await installTools(here)
      return { env: { [variable]: here } }
    } catch (error) {
      return { skipped: `npm ci in .ci/foreign: ${reasonOf(error)}` }
    }
  }
}

async function buildLlama2c() {
  const checkout = process.env.TINYSTORIES_LLAMA2C
  if (!checkout) return { skipped: 'TINYSTORIES_LLAMA2C does not name a checkout of llama2.c' }
  try {
    const source = resolve(root, checkout, 'run.c')
    await run(process.env.CC ?? 'cc', ['-O2', '-o', join(folder, 'run'), source, '-lm'])
    return { env: { TINYSTORIES_LLAMA2C: folder } }
  } catch (error) {
    return { skipped: `run.c of TINYSTORIES_LLAMA2C cannot be built: ${reasonOf(error)}` }
  }
}

function reasonOf({ stderr, message }) {
  const lines = String(stderr || message)
    .trim()
    .split('\n')
  return lines.find(line => /error/i.test(line)) ?? lines[0]
}
