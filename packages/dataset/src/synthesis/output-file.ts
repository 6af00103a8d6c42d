import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  acquireLock,
  createFolder,
  FileError,
  openToRead,
  readLines,
  readTextFileIfPresent,
  toFileError,
  truncateFile,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import type { Story } from '../stream/story.ts'
import type { GenerateOptions } from './generate-story.ts'
import { SynthesisError } from './synthesis-error.ts'

/** What is noted beside a story: its place in the plan and what happened since the story before. */
export interface SynthesisNote {
  plan: number
  /** US dollars, plans without a story since the line before included; null where not known. */
  cost: number | null
  /** Plans since the line before that gave no story, by reason. */
  dropped: Record<string, number>
  /** Replies since the line before that were rejected, by reason. */
  rejected: Record<string, number>
  /** What was removed from the reply around the story. */
  removed: string[]
}

/** A line of the file. */
export type SynthesisLine = Story & { synthesis: SynthesisNote }

/** What decides which stories are generated. A file is continued only with the same. */
export interface SynthesisSettings extends GenerateOptions {
  model: string
  /** Words in the three lists. */
  vocabulary: string
}

/** A file of stories that grows, line by line. */
export interface OutputFile {
  append(line: SynthesisLine): Promise<void>
  close(): Promise<void>
}

const counts = v.record(v.string(), v.number())
const lineSchema = v.looseObject({
  text: v.string(),
  words: v.optional(v.array(v.string())),
  features: v.optional(v.array(v.string())),
  synthesis: v.object({
    plan: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    cost: v.nullable(v.number()),
    dropped: counts,
    rejected: counts,
    removed: v.array(v.string()),
  }),
})

/**
 * Opens a file of generated stories to continue it. What that needs lies beside it, in the folder `<path>.synthesis`; half
 * a line that a killed process left is removed.
 *
 * @param onLine called with each line that is there
 * @throws SynthesisError when the file was written with other settings, or holds something else; LockError while another
 * process writes it; FileError
 */
export async function openOutputFile(
  path: string,
  settings: SynthesisSettings,
  onLine: (line: SynthesisLine) => void,
): Promise<OutputFile> {
  const folder = `${path}.synthesis`
  await createFolder(folder)
  const lock = await acquireLock(join(folder, 'lock.json'))
  let file: FileHandle
  try {
    file = await resume(path, join(folder, 'settings.json'), settings, onLine)
  } catch (error) {
    await lock.release()
    throw toFileError(error, path, 'write')
  }
  let unsynced = 0
  return {
    async append(line) {
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`)
        if (++unsynced < 100) return
        unsynced = 0
        await file.sync()
      } catch (error) {
        throw toFileError(error, path, 'write')
      }
    },
    async close() {
      try {
        await file.sync()
      } catch (error) {
        throw toFileError(error, path, 'write')
      } finally {
        await file.close().catch(() => {})
        await lock.release()
      }
    },
  }
}

async function resume(
  path: string,
  settingsPath: string,
  settings: SynthesisSettings,
  onLine: (line: SynthesisLine) => void,
): Promise<FileHandle> {
  const saved = await readTextFileIfPresent(settingsPath)
  if ((await sizeOf(path)) === 0) {
    // As long as there is no story, nothing is bound to what was asked for before, such as a model that does not exist.
    await writeFileAtomically(settingsPath, `${JSON.stringify(settings, null, 2)}\n`)
  } else if (saved === undefined) throw new SynthesisError('unknown-output', { path })
  else {
    compare(path, settingsPath, saved, settings)
    await restore(path, onLine)
  }
  return open(path, 'a')
}

function compare(path: string, settingsPath: string, text: string, settings: SynthesisSettings): void {
  const schema = v.record(v.string(), v.unknown())
  const saved = parseValue(schema, parseJson(text, { source: settingsPath }), settingsPath)
  for (const [setting, current] of Object.entries(settings)) {
    if (saved[setting] !== current)
      throw new SynthesisError('setting-differs', { path, setting, saved: saved[setting], current })
  }
}

/** Reads the lines, and cuts off what a kill has left of a last one. */
async function restore(path: string, onLine: (line: SynthesisLine) => void): Promise<void> {
  const { end, size } = await readOutputFile(path, onLine)
  if (end < size) await truncateFile(path, end)
}

/**
 * Reads a file of generated stories without changing it.
 *
 * @returns where its last whole line ends, and where what is behind that ends, in bytes
 * @throws SynthesisError `foreign-line`; FileError
 */
export async function readOutputFile(
  path: string,
  onLine: (line: SynthesisLine) => void = () => {},
): Promise<{ end: number; size: number }> {
  let end = 0
  for await (const line of readLines(path)) {
    if (!line.isWhole) return { end, size: line.end }
    onLine(parseLine(path, line.number, line.text))
    end = line.end
  }
  return { end, size: end }
}

function parseLine(path: string, line: number, text: string): SynthesisLine {
  try {
    return parseValue(lineSchema, parseJson(text, { source: path }), path) as SynthesisLine
  } catch (cause) {
    if (!InputError.isInstance(cause)) throw cause
    throw new SynthesisError('foreign-line', { path, line }, { cause })
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const file = await openToRead(path)
    try {
      return (await file.stat()).size
    } finally {
      await file.close()
    }
  } catch (error) {
    if (FileError.isInstance(error) && error.code === 'not-found') return 0
    throw error
  }
}
