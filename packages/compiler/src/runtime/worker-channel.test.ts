import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { WorkerChannel } from './worker-channel.ts'

const folder = mkdtempSync(join(tmpdir(), 'compiler-channel-'))
afterAll(() => rmSync(folder, { recursive: true }))

function worker(name: string, body: string): URL {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, `import { parentPort } from 'node:worker_threads'\n${body}`)
  return pathToFileURL(file)
}

describe('WorkerChannel', () => {
  it('rejects what is pending when the thread dies, and what comes after', async () => {
    const channel = new WorkerChannel(
      worker('dies', "parentPort.on('message', () => { throw new Error('boom') })"),
    )
    const pending = ['first', 'second'].map(doing => channel.ask({ kind: 'start' }, doing))
    for (const [i, call] of pending.entries()) {
      await expect(call).rejects.toMatchObject({
        code: 'worker-ended',
        details: { doing: i === 0 ? 'first' : 'second', problem: 'ended with an error: boom' },
      })
    }
    await expect(channel.ask({ kind: 'start' }, 'third')).rejects.toMatchObject({ code: 'worker-ended' })
    await channel.stop()
  })

  it('rejects what is pending when the thread exits without a word', async () => {
    const channel = new WorkerChannel(worker('exits', "parentPort.on('message', () => process.exit(3))"))
    await expect(channel.ask({ kind: 'start' }, 'waiting')).rejects.toMatchObject({
      code: 'worker-ended',
      details: { doing: 'waiting', problem: 'ended with exit code 3' },
    })
  })

  it('passes on an error of the thread with its code and details', async () => {
    const details = { package: 'onnxruntime-node', neededBy: 'The runtime "node"' }
    const failure = JSON.stringify({ code: 'missing-package', details })
    const answer = `{ id, ok: false, failure: ${failure} }`
    const channel = new WorkerChannel(
      worker('absent', `parentPort.on('message', ({ id }) => parentPort.postMessage(${answer}))`),
    )
    await expect(channel.ask({ kind: 'start' }, 'starting')).rejects.toMatchObject({
      code: 'missing-package',
      details,
      remedy: 'Run: npm install onnxruntime-node',
    })
    await channel.stop()
  })

  it('lets the process end, with a runtime that nobody disposed of', () => {
    const script = join(folder, 'main.ts')
    const entry = new URL('../index.ts', import.meta.url).href
    writeFileSync(
      script,
      `import { createRuntime } from '${entry}'
const runtime = await createRuntime({ threads: 1 })
await runtime.write({ x: { y: Float32Array.of(1, 2) } })
console.log('read', ((await runtime.read('x')).y as Float32Array)[1])`,
    )
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--conditions=@tinystories/source', script],
      { encoding: 'utf8' },
    )
    expect({ stdout, stderr, status }).toEqual({ stdout: 'read 2\n', stderr: '', status: 0 })
  })
})
