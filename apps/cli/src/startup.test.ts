import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// Writes the address of every module that is loaded to stderr.
const listing = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({ load(url, context, next) { console.error(url); return next(url, context) } })
`)}`

test('help loads neither the pipeline nor what a command needs to do its work', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...['--conditions=@tinystories/source', `--import=${listing}`, main, '--help'],
  ])
  expect(stdout).toContain('Commands:')
  const packages = new Set(stderr.match(/(?<=\/packages\/)[a-z]+|(?<=\/node_modules\/)[a-z-]+/g))
  expect(packages).toContain('commander')
  for (const heavy of ['compiler', 'grader', 'llm', 'sweep', 'tokenizer', 'yaml', 'onnxruntime-node'])
    expect(packages).not.toContain(heavy)
  expect(stderr).not.toContain('/packages/pipeline/src/index.ts')
})
