import type { FileHandle } from 'node:fs/promises'
import { GraderInputError } from '../errors.ts'
import { canonicalJson, hashText } from '../hash.ts'
import type { Judgement } from './grading.ts'
import type { Journal } from './journal.ts'

const format = 'tinystories-grading-journal'
const version = 1

/**
 * Opens a journal: a file to which one line is appended for each judgement, with a check. A line that a kill cut
 * short at the end is taken off; the judgement it stood for is asked for again, from the judge's cache where there
 * is one. Writes go to the operating system one by one, so what was appended outlives the process. Until it is closed
 * no other process can open it; that of a process that has died can be.
 *
 * @param path the file; made when it is not there
 * @throws GraderInputError when another process has it open, when another version wrote it, when it is no journal, or
 * when a line in the middle was changed
 */
export async function openJournal(path: string): Promise<Journal> {
  const { open } = await import('node:fs/promises')
  const file = await open(path, 'a+').catch(error => {
    throw new GraderInputError({
      source: path,
      problem: `the journal cannot be opened (${(error as NodeJS.ErrnoException).code ?? error})`,
      remedy: 'Check the folder and its permissions',
      cause: error,
    })
  })
  const { lockJournal } = await import('./journal-lock.ts')
  let unlock: (() => Promise<void>) | undefined
  try {
    // Before it is read: what another process is just writing would look like an end that was cut short.
    unlock = await lockJournal(path)
    const { judgements, end } = await readJournal(file, path)
    const { size } = await file.stat()
    if (end < size) await file.truncate(end)
    let writing: Promise<unknown> = Promise.resolve()
    const write = (line: string): Promise<void> => {
      const written = writing.then(() => file.appendFile(line))
      writing = written.catch(() => {})
      return written
    }
    if (end === 0) await write(`${JSON.stringify({ format, version })}\n`)
    return {
      get: key => judgements.get(key),
      append(key, judgement) {
        judgements.set(key, judgement)
        const entry = { key, judgement }
        return write(`${JSON.stringify({ check: checkOf(entry), ...entry })}\n`)
      },
      async close() {
        await writing
        try {
          await file.sync()
          await file.close()
        } finally {
          await unlock?.()
        }
      },
    }
  } catch (error) {
    await file.close()
    await unlock?.()
    throw error
  }
}

function checkOf(entry: { key: string; judgement: Judgement }): string {
  return hashText(canonicalJson(entry), 12)
}

async function readJournal(
  file: FileHandle,
  path: string,
): Promise<{ judgements: Map<string, Judgement>; end: number }> {
  const judgements = new Map<string, Judgement>()
  let end = 0
  let number = 0
  let bad: number | undefined
  for await (const line of linesOf(file)) {
    number++
    if (bad !== undefined) throw damaged(path, bad)
    const value = line.whole ? parse(line.text) : undefined
    if (number === 1) {
      // Killed while the first line was written: nothing is lost.
      if (!line.whole && `{"format":"${format}"`.startsWith(line.text.slice(0, 38))) break
      if (value?.format !== format)
        throw new GraderInputError({
          source: path,
          problem: 'this is not a journal of gradings',
          remedy: 'Name another file or folder',
        })
      if (value.version !== version)
        throw new GraderInputError({
          source: path,
          problem: `version ${String(value.version)} of the journal wrote this, and this release reads version ${version}`,
          remedy: 'Take the release that wrote it, or begin anew in another folder',
        })
    } else if (
      value === undefined ||
      typeof value.key !== 'string' ||
      value.check !== checkOf({ key: value.key, judgement: value.judgement as Judgement })
    ) {
      bad = number
      continue
    } else {
      judgements.set(value.key, value.judgement as Judgement)
    }
    end += line.bytes
  }
  return { judgements, end }
}

function damaged(path: string, line: number): GraderInputError {
  return new GraderInputError({
    source: path,
    place: `line ${line}`,
    problem: 'its check does not fit what it says',
    remedy: 'Remove the line: that judgement is asked for again',
  })
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

async function* linesOf(file: FileHandle): AsyncGenerator<{ text: string; bytes: number; whole: boolean }> {
  let rest = Buffer.alloc(0)
  const buffer = Buffer.alloc(256 * 1024)
  let at = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) break
    at += bytesRead
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let from = 0
    for (let to = rest.indexOf(10); to >= 0; to = rest.indexOf(10, from)) {
      yield { text: rest.toString('utf8', from, to), bytes: to + 1 - from, whole: true }
      from = to + 1
    }
    rest = rest.subarray(from)
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), bytes: rest.length, whole: false }
}
