import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { Channel } from './channel.ts'

const folder = mkdtempSync(join(tmpdir(), 'compiler-channel-'))
afterAll(() => rmSync(folder, { recursive: true }))

function open(name: string, body: string): Channel {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads'
${body}`,
  )
  return new Channel(new Worker(file))
}

describe('Channel', () => {
  it('rejects what is pending when the thread dies, and what comes after', async () => {
    const channel = open('dies', "parentPort.on('message', () => { throw new Error('boom') })")
    const pending = ['first', 'second'].map(doing => channel.ask({ kind: 'stop' }, doing))
    for (const call of pending)
      await expect(call).rejects.toMatchObject({ code: 'crashed', details: { reason: 'boom' } })
    await expect(channel.ask({ kind: 'stop' }, 'third')).rejects.toMatchObject({ code: 'crashed' })
    await channel.stop()
    await expect(channel.ask({ kind: 'stop' }, 'fourth')).rejects.toMatchObject({ code: 'disposed' })
  })

  it('rejects what is pending when the thread exits', async () => {
    const channel = open('exits', "parentPort.on('message', () => process.exit(3))")
    await expect(channel.ask({ kind: 'stop' }, 'waiting')).rejects.toMatchObject({
      code: 'ended',
      details: { exitCode: 3 },
    })
  })

  it('passes on errors of the thread, and says of others what was being done', async () => {
    const serve = (thrown: string): string =>
      `import { serveWorker } from '${new URL('../../../utils/src/workers/index.ts', import.meta.url).href}'
import { CompilerError } from '${new URL('../errors.ts', import.meta.url).href}'
serveWorker(parentPort, { ask() { throw ${thrown} } })`
    const details = { package: 'onnxruntime-node', neededBy: 'The runtime "node"' }
    const coded = open('coded', serve(`new CompilerError('missing-package', ${JSON.stringify(details)})`))
    await expect(coded.ask({ kind: 'stop' }, 'starting')).rejects.toMatchObject({
      code: 'missing-package',
      details,
      remedy: 'Run: npm install onnxruntime-node',
    })
    await coded.stop()
    const plain = open('plain', serve("new Error('odd')"))
    await expect(plain.ask({ kind: 'stop' }, 'running the graph')).rejects.toMatchObject({
      code: 'runtime-failed',
      details: { doing: 'running the graph', problem: 'odd' },
    })
    await plain.stop()
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
