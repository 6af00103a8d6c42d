import { type FileHandle, mkdir, open, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../shards/durable.ts'
import { lockFolder } from '../shards/folder-lock.ts'
import type { Story } from '../stream/story.ts'
import type { GenerateOptions } from './generate-story.ts'
import { SynthesisError } from './synthesis-error.ts'

/** What is noted beside a story: where in the plan it stands and what was spent since the story before. */
export interface SynthesisNote {
  plan: number
  /** US dollars, the plans without a story since the line before included; null where not known. */
  cost: number | null
  /** Plans since the line before that gave no story, by reason. */
  dropped: Record<string, number>
}

/** A line of the file. */
export type SynthesisLine = Story & { synthesis: SynthesisNote }

/** What decides which stories are made. A file goes on only with the same. */
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

/**
 * Opens a file of made stories to go on with it. What it needs for that lies beside it, in the folder `<path>.synthesis`; half a
 * line that a killed process left is taken off.
 *
 * @param onLine called with each line that is there
 * @throws SynthesisError when the file was made otherwise, or holds something else
 */
export async function openOutputFile(
  path: string,
  settings: SynthesisSettings,
  onLine: (line: SynthesisLine) => void,
): Promise<OutputFile> {
  const folder = `${path}.synthesis`
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unusable(folder, error)
  })
  const unlock = await lockFolder(folder).catch((cause: unknown) => {
    throw new SynthesisError(
      `${path} is being written by another process, or cannot be. Wait for it, or choose another file.`,
      { cause },
    )
  })
  let file: FileHandle
  try {
    file = await resume(path, join(folder, 'settings.json'), settings, onLine)
  } catch (error) {
    await unlock()
    throw error
  }
  let unsynced = 0
  return {
    async append(line) {
      await file.appendFile(`${JSON.stringify(line)}\n`)
      if (++unsynced < 100) return
      unsynced = 0
      await file.sync()
    },
    async close() {
      try {
        await file.sync()
      } finally {
        await file.close()
        await unlock()
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
  const earlier = await readOptional(settingsPath)
  const size = await sizeOf(path)
  if (size === 0) {
    // As long as there is no story, nothing is bound to what was asked for before, such as a model that there is not.
    await writeWhole(settingsPath, `${JSON.stringify(settings, null, 2)}\n`)
  } else if (earlier === undefined) {
    throw new SynthesisError(
      `${path} is there already, and nothing beside it tells how to go on with it. Choose another file or remove it.`,
    )
  } else {
    compare(path, settingsPath, earlier, settings)
    await readLines(path, onLine)
  }
  return openToAppend(path)
}

function compare(path: string, settingsPath: string, text: string, settings: SynthesisSettings): void {
  let earlier: Partial<Record<string, unknown>>
  try {
    earlier = JSON.parse(text) as typeof earlier
  } catch {
    throw new SynthesisError(`${settingsPath} is not JSON. Choose another file, or remove both.`)
  }
  for (const [name, value] of Object.entries(settings)) {
    if (earlier[name] === value) continue
    throw new SynthesisError(
      `${path} was begun with another ${name} (${String(earlier[name])}, not ${String(value)}). Go on with the same, or choose another file.`,
    )
  }
}

async function readLines(path: string, onLine: (line: SynthesisLine) => void): Promise<void> {
  const file = await open(path, 'r')
  let number = 0
  let whole = 0
  try {
    let rest = Buffer.alloc(0)
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      rest = Buffer.concat([rest, chunk as Buffer])
      let from = 0
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
        onLine(parseLine(path, ++number, rest.toString('utf8', from, end)))
        from = end + 1
      }
      whole += from
      rest = rest.subarray(from)
    }
    if (rest.length === 0) return
  } finally {
    await file.close()
  }
  await truncate(path, whole)
}

function parseLine(path: string, number: number, text: string): SynthesisLine {
  let line: SynthesisLine | undefined
  try {
    line = JSON.parse(text) as SynthesisLine
  } catch {
    // Told below.
  }
  if (typeof line?.text === 'string' && Number.isInteger(line.synthesis?.plan)) return line
  throw new SynthesisError(
    `${path}, line ${number}: this is no story that was made here. Choose another file, or take the line out.`,
  )
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(path, error)
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const file = await open(path, 'r')
    try {
      return (await file.stat()).size
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw unusable(path, error)
  }
}

async function openToAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a')
  } catch (error) {
    throw unusable(path, error)
  }
}

function unusable(path: string, error: unknown): SynthesisError {
  return new SynthesisError(`${path} cannot be used (${(error as Error).message}). Choose another file.`)
}
