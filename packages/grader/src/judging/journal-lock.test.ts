import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from './open-journal.ts'

let folder: string
let journal: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-lock-'))
  journal = join(folder, 'journal.jsonl')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const script = fileURLToPath(new URL('../testing/hold-journal.ts', import.meta.url))

/** A process that opens the journal, and what it says of that. */
async function start(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', script, journal], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
  return { child, said: said.trimEnd() }
}

async function stop(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit')
  if (signal === undefined) child.stdin!.end()
  else child.kill(signal)
  await exit
}

const holder = (fields: object): Promise<void> =>
  writeFile(`${journal}.lock`, JSON.stringify({ started: null, host: hostname(), ...fields }))

test('of several processes that open one journal, one gets it and the others fail with one line', async () => {
  const all = await Promise.all([start(), start(), start()])
  const winners = all.filter(({ said }) => said === 'open')
  expect(winners).toHaveLength(1)
  const { pid } = winners[0]!.child
  for (const { said } of all.filter(each => each !== winners[0]))
    expect(said).toBe(
      `${journal} is in use by process ${pid}. Wait for it or stop it, or choose another folder.`,
    )
  await stop(winners[0]!.child)
  expect(await readdir(folder)).toEqual(['journal.jsonl'])
})

test('the lock of a process that was killed is taken over', async () => {
  const { child, said } = await start()
  expect(said).toBe('open')
  await expect(openJournal(journal)).rejects.toThrow(`in use by process ${child.pid}`)
  await stop(child, 'SIGKILL')
  expect(JSON.parse(await readFile(`${journal}.lock`, 'utf8'))).toMatchObject({ pid: child.pid })
  await (await openJournal(journal)).close()
  expect(await readdir(folder)).toEqual(['journal.jsonl'])
})

test('one process cannot write a journal twice either; a journal that is refused leaves no lock', async () => {
  const first = await openJournal(journal)
  await expect(openJournal(journal)).rejects.toThrow('in use by this process')
  await first.close()
  await writeFile(journal, 'once upon a time\n')
  await expect(openJournal(journal)).rejects.toThrow('not a journal of gradings')
  expect(await readdir(folder)).toEqual(['journal.jsonl'])
})

test.skipIf(process.platform !== 'linux')('a pid that is used again does not keep a lock', async () => {
  await holder({ pid: process.pid, started: '1' })
  await (await openJournal(journal)).close()
})

test('the lock of another machine is left alone, and the line says what to do', async () => {
  await holder({ pid: 1, host: 'elsewhere' })
  await expect(openJournal(journal)).rejects.toThrow(/on another machine.*delete .*journal\.jsonl\.lock/)
})

test.each(['', '{"pid":', '{"pid":"x"}', 'null'])(
  'a lock that says nothing is taken over: %j',
  async text => {
    await writeFile(`${journal}.lock`, text)
    await (await openJournal(journal)).close()
  },
)

test('of many that want a stale lock one gets it, each time', async () => {
  for (let round = 0; round < 30; round++) {
    await holder({ pid: 2 ** 22 + 1 })
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => openJournal(journal)))
    const journals = results.filter(result => result.status === 'fulfilled')
    expect(journals).toHaveLength(1)
    await journals[0]!.value.close()
  }
  expect(await readdir(folder)).toEqual(['journal.jsonl'])
})
