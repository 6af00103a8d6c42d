import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createFolder, readFileBytes, readTextFile, syncFolder, toFileError } from '@tinystories/utils/disk'
import { messageOf } from '@tinystories/utils/errors'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { checkWhole, TrainerError } from '../errors.ts'
import type { ArrayRecord, EngineState } from '../types.ts'
import { type Checkpoint, type CheckpointProgress, startOfRun } from './checkpoint.ts'

/** How float32 arrays lie in a file; `@tinystories/model`'s `encodeSafetensors` and `openSafetensors` fit. */
export interface ArrayFormat {
  /** File name extension without the dot. */
  extension: string
  /** The file as pieces to be written one after another. */
  encode(arrays: NamedArray[]): Uint8Array[]
  open(path: string): Promise<ArrayFile>
}

/** An array to be written, row-major. */
export interface NamedArray {
  name: string
  shape: number[]
  data: Float32Array
}

/** An open file of named arrays. */
export interface ArrayFile {
  tensors: Iterable<[string, { shape: number[] }]>
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/** Options of {@link CheckpointStore}. */
export interface CheckpointStoreOptions {
  /** Folder that holds `step-00000100/` and so on. */
  folder: string
  format: ArrayFormat
  /** Shapes of the parameters by name. */
  shapes: Record<string, number[]>
  /** How many of the newest to keep, at least 1. The best one is kept in addition. Default 2. */
  keep?: number
  /** Put into each checkpoint: see `RunFolderOptions`. */
  identity?: Record<string, string>
  config?: unknown
  versions?: Record<string, string>
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
/** Null is how JSON writes a number that is none, such as the loss of a step that diverged. */
const number = v.nullable(v.number())

// What earlier versions did not know yet is optional: a checkpoint of theirs starts with `startOfRun`'s.
const manifestSchema = v.object({
  /** 3: slots of the optimizer are named by the part that keeps them; before, all parts shared one set of names. */
  version: v.picklist([1, 2, 3]),
  progress: v.object({
    step: count,
    tokens: v.number(),
    bytes: v.number(),
    seconds: v.number(),
    batches: v.optional(count),
    skipped: v.optional(v.array(count)),
    data: v.optional(v.unknown()),
    metricsBytes: count,
    bestBitsPerByte: v.nullable(v.number()),
    bestStep: v.optional(v.nullable(count)),
    evaluationsWithoutGain: v.optional(count),
    evaluatedStep: count,
    recentLosses: v.optional(v.array(number)),
  }),
  /** sha256 of each file. A name never leads out of the checkpoint's folder. */
  files: v.record(v.pipe(v.string(), v.regex(/^[\w%-][\w.%-]*$/, 'the name of a file')), v.string()),
  identity: v.optional(v.record(v.string(), v.string())),
  config: v.optional(v.unknown()),
  versions: v.optional(v.record(v.string(), v.string())),
  /** sha256 of this manifest's JSON without this field. Version 1 had none. */
  checksum: v.optional(v.string()),
})

const manifestName = 'checkpoint.json'

/**
 * Writes and reads the checkpoints of one run. A checkpoint is a folder that appears whole, by a rename after all
 * its files are on disk, or not at all; earlier ones are removed only after that.
 */
export class CheckpointStore {
  readonly folder: string
  readonly #options: CheckpointStoreOptions
  readonly #keep: number

  constructor(options: CheckpointStoreOptions) {
    const { folder, keep = 2 } = options
    checkWhole('keepCheckpoints', keep)
    this.folder = folder
    this.#options = options
    this.#keep = keep
  }

  /**
   * Creates the folder and deletes what a killed process left half-written.
   *
   * @throws FileError
   */
  async prepare(): Promise<void> {
    await createFolder(this.folder)
    try {
      const leftovers = (await readdir(this.folder)).filter(name => /^\.step-\d+\.\d+\.tmp$/.test(name))
      for (const name of leftovers) await rm(join(this.folder, name), { recursive: true, force: true })
    } catch (error) {
      throw toFileError(error, this.folder, 'write')
    }
  }

  /** @throws FileError when the disk is full or the folder cannot be written; earlier checkpoints stay. */
  async write(state: EngineState, progress: CheckpointProgress): Promise<string> {
    const name = nameOf(progress.step)
    const final = join(this.folder, name)
    const temporary = join(this.folder, `.${name}.${process.pid}.tmp`)
    try {
      // Not recursive: on a read-only file system that would say that there is no such folder.
      await mkdir(temporary).catch(error => {
        if (error.code !== 'EEXIST') throw error
      })
      const files: Record<string, string> = {}
      for (const [part, arrays] of Object.entries(this.#parts(state))) {
        const file = `${part}.${this.#options.format.extension}`
        const pieces = this.#options.format.encode(this.#named(arrays))
        files[file] = await sha256(pieces)
        await writeSynced(join(temporary, file), pieces)
      }
      const { identity = {}, config = null, versions = {} } = this.#options
      const content = { version: 3, progress, files, identity, config, versions }
      const checksum = await sha256([Buffer.from(JSON.stringify(content))])
      const manifest = Buffer.from(`${JSON.stringify({ ...content, checksum }, null, 2)}\n`)
      await writeSynced(join(temporary, manifestName), [manifest])
      await rm(final, { recursive: true, force: true })
      await rename(temporary, final)
      await syncFolder(this.folder)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => {})
      throw toFileError(error, final, 'write')
    }
    await this.#prune(progress.bestStep)
    return final
  }

  /**
   * The newest checkpoint that is whole. Damaged ones are skipped and passed to `onDamaged`.
   *
   * @throws TrainerError `no-checkpoint`, `damaged-checkpoints`, or `other-model` where its parameters do not fit
   */
  async readNewest(onDamaged: (checkpoint: string, problem: string) => void = () => {}): Promise<Checkpoint> {
    const damaged: { checkpoint: string; problem: string }[] = []
    for (const name of (await this.list()).reverse()) {
      const checkpoint = join(this.folder, name)
      try {
        return await this.read(name)
      } catch (error) {
        if (TrainerError.isInstance(error) && error.code === 'other-model') throw error
        // Without the remedy, which is not the one here.
        const own = TrainerError.isInstance(error) ? error.problem.replace(/\.$/, '') : undefined
        const problem = own ?? messageOf(error)
        damaged.push({ checkpoint, problem })
        onDamaged(checkpoint, problem)
      }
    }
    const { folder } = this
    throw damaged.length === 0
      ? new TrainerError('no-checkpoint', { folder })
      : new TrainerError('damaged-checkpoints', { folder, damaged })
  }

  /** Names of the checkpoints, oldest first. @throws FileError when the folder is there and cannot be read */
  async list(): Promise<string[]> {
    const entries = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw toFileError(error, this.folder, 'list')
    })
    return entries.filter(name => /^step-\d+$/.test(name)).sort()
  }

  /**
   * Reads a checkpoint and compares all its checksums.
   *
   * @param name such as `step-00000100`
   * @throws TrainerError `damaged-checkpoint`, `other-model`; FileError, InputError and what the format throws
   */
  async read(name: string): Promise<Checkpoint> {
    const folder = join(this.folder, name)
    const path = join(folder, manifestName)
    const text = await readTextFile(path)
    const value = parseJson(text, { source: path })
    const manifest = parseValue(manifestSchema, value, path)
    const { checksum: _, ...content } = value as Record<string, unknown>
    if (manifest.version > 1 && manifest.checksum !== (await sha256([Buffer.from(JSON.stringify(content))])))
      throw new TrainerError('damaged-checkpoint', {
        checkpoint: folder,
        file: manifestName,
        problem: 'checksum',
      })
    const { extension } = this.#options.format
    const parts: Record<string, ArrayRecord> = {}
    // No optimizer keeps more in one file than the parameters, of which a float32 has 4 bytes, and a header.
    const parameterCount = Object.values(this.#options.shapes).reduce(
      (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    )
    const mostBytes = 8 * parameterCount + 2 ** 24
    for (const [file, expected] of Object.entries(manifest.files)) {
      const path = join(folder, file)
      const bytes = await readFileBytes(path, { maxBytes: mostBytes })
      if ((await sha256([bytes])) !== expected)
        throw new TrainerError('damaged-checkpoint', { checkpoint: folder, file, problem: 'checksum' })
      parts[file.slice(0, -extension.length - 1)] = await this.#readArrays(path)
    }
    const { parameters, ...slots } = parts
    if (!parameters)
      throw new TrainerError('damaged-checkpoint', {
        checkpoint: folder,
        file: manifestName,
        problem: 'no-parameters',
      })
    this.#checkModel(folder, parameters)
    const optimizer = Object.fromEntries(
      Object.entries(slots).map(([slot, arrays]) => [
        decodeURIComponent(slot.replace(/^optimizer-/, '')),
        arrays,
      ]),
    )
    return {
      folder,
      progress: { ...startOfRun, ...manifest.progress } as CheckpointProgress,
      state: { parameters, optimizer },
      identity: manifest.identity ?? {},
      config: manifest.config ?? null,
      versions: manifest.versions ?? {},
    }
  }

  /** The files are whole, so parameters that do not fit are those of another model. */
  #checkModel(checkpoint: string, parameters: ArrayRecord): void {
    const { shapes } = this.#options
    const names = new Set([...Object.keys(shapes), ...Object.keys(parameters)])
    for (const name of names) {
      const shape = shapes[name]
      const expected = shape?.reduce((a, b) => a * b, 1)
      const found = parameters[name]?.length
      if (found !== expected)
        throw new TrainerError('other-model', { checkpoint, parameter: name, found, expected, shape })
    }
  }

  #parts(state: EngineState): Record<string, ArrayRecord> {
    const parts: Record<string, ArrayRecord> = { parameters: state.parameters }
    for (const [slot, arrays] of Object.entries(state.optimizer))
      parts[`optimizer-${encodeURIComponent(slot)}`] = arrays
    return parts
  }

  #named(arrays: ArrayRecord): NamedArray[] {
    return Object.entries(arrays).map(([name, data]) => ({
      name,
      shape: this.#options.shapes[name] ?? [data.length],
      data,
    }))
  }

  async #readArrays(path: string): Promise<ArrayRecord> {
    const file = await this.#options.format.open(path)
    try {
      const arrays: ArrayRecord = {}
      for (const [name] of file.tensors) arrays[name] = await file.read(name)
      return arrays
    } finally {
      await file.close()
    }
  }

  async #prune(bestStep: number | null): Promise<void> {
    const names = await this.list()
    const best = bestStep === null ? undefined : nameOf(bestStep)
    for (const name of names.slice(0, -this.#keep)) {
      // What cannot be removed now will be tried again after the next checkpoint.
      if (name !== best) await rm(join(this.folder, name), { recursive: true, force: true }).catch(() => {})
    }
  }
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(8, '0')}`
}

async function writeSynced(path: string, pieces: Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const piece of pieces) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** In portions of some milliseconds, because the main thread has training to feed. */
async function sha256(pieces: Uint8Array[]): Promise<string> {
  const hash = createHash('sha256')
  const portion = 1 << 20
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += portion) {
      hash.update(piece.subarray(from, from + portion))
      if (piece.length > portion) await setImmediate()
    }
  }
  return hash.digest('hex')
}
