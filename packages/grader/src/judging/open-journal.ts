import type { Lock } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { GraderError } from '../errors.ts'
import { canonicalJson, hashText } from '../hash.ts'
import { judgmentSchema } from '../report/gradings-file.ts'
import type { Judgment } from './grading.ts'
import type { Journal } from './journal.ts'

const format = 'tinystories-grading-journal'
const version = 2

/**
 * Opens a journal: a file to which one line is appended for each judgment, with a check. A line that a kill cut
 * short at the end is taken off; the judgment it stood for is asked for again, from the judge's cache where there
 * is one. Writes go to the operating system one by one, so what was appended outlives the process. Until it is closed
 * no other process can open it; that of a process that has died can be.
 *
 * @param path the file; made when it is not there
 * @throws LockError while another process has it open; FileError; GraderError `wrong-format`, `unsupported-version` or
 * `journal-damaged`
 */
export async function openJournal(path: string): Promise<Journal> {
  const { open } = await import('node:fs/promises')
  const { acquireLock, toFileError } = await import('@tinystories/utils/disk')
  // Judgments hold what was written and what it cost: readable for the owner alone.
  const file = await open(path, 'a+', 0o600).catch(error => {
    throw toFileError(error, path, 'write')
  })
  let lock: Lock | undefined
  try {
    // Before it is read: what another process is just writing would look like an end that was cut short.
    lock = await acquireLock(`${path}.lock`)
    const { judgments, end } = await readJournal(path)
    const { size } = await file.stat()
    if (end < size) await file.truncate(end)
    let writing: Promise<unknown> = Promise.resolve()
    const write = (line: string): Promise<void> => {
      const written = writing
        .then(() => file.appendFile(line))
        .catch(error => {
          throw toFileError(error, path, 'write')
        })
      writing = written.catch(() => {})
      return written
    }
    if (end === 0) await write(`${JSON.stringify({ format, version })}\n`)
    return {
      get: key => judgments.get(key),
      append(key, judgment) {
        judgments.set(key, judgment)
        const entry = { key, judgment }
        return write(`${JSON.stringify({ check: checkOf(entry), ...entry })}\n`)
      },
      async close() {
        await writing
        try {
          await file.sync()
        } catch (error) {
          throw toFileError(error, path, 'write')
        } finally {
          await file.close().catch(() => {})
          await lock?.release()
        }
      },
    }
  } catch (error) {
    await file.close().catch(() => {})
    await lock?.release()
    throw toFileError(error, path, 'write')
  }
}

function checkOf({ key, judgment }: Entry): string {
  return hashText(canonicalJson({ key, judgment }), 12)
}

/** What a journal holds. */
export interface JournalContent {
  judgments: Map<string, Judgment>
  /** Bytes up to the end of the last whole line; what comes after is what a kill has cut short. */
  end: number
}

/**
 * Reads a journal without changing it.
 *
 * @throws FileError; GraderError `wrong-format`, `unsupported-version` or `journal-damaged`; InputError for a line of
 * more than 16 MiB
 */
export async function readJournal(path: string): Promise<JournalContent> {
  const { readLines } = await import('@tinystories/utils/disk')
  const judgments = new Map<string, Judgment>()
  let end = 0
  let bad: number | undefined
  for await (const line of readLines(path, { maxLineBytes: 2 ** 24 })) {
    if (bad !== undefined) throw new GraderError('journal-damaged', { path, line: bad })
    const value = line.isWhole ? parse(line.text) : undefined
    if (line.number === 1) {
      // Killed while the first line was written: nothing is lost.
      if (!line.isWhole && `{"format":"${format}"`.startsWith(line.text.slice(0, 38))) break
      if (value?.format !== format)
        throw new GraderError('wrong-format', { source: path, expected: 'journal' })
      if (value.version !== version)
        throw new GraderError('unsupported-version', {
          source: path,
          version: value.version,
          supported: version,
        })
    } else {
      const entry = v.safeParse(entrySchema, value)
      if (!entry.success || entry.output.check !== checkOf(value as unknown as Entry)) {
        bad = line.number
        continue
      }
      judgments.set(entry.output.key, entry.output.judgment)
    }
    end = line.end
  }
  return { judgments, end }
}

interface Entry {
  key: string
  judgment: Judgment
}

const entrySchema = v.object({ check: v.string(), key: v.string(), judgment: judgmentSchema })

function parse(text: string): Record<string, unknown> | undefined {
  try {
    // Nested too deeply, it would exhaust the stack of what compares the check.
    const value = parseJson(text, { source: 'line' })
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
