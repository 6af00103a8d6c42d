import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Checkpoint, CheckpointProgress } from './checkpoint-progress.ts'
import { startOfRun } from './checkpoint-progress.ts'
import { CheckpointError, describeWriteFailure } from './errors.ts'
import type { ArrayRecord, EngineState } from './types.ts'

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
  /** How many of the newest to keep, at least 1. The best one is kept besides. Default 2. */
  keep?: number
  /** Put into each checkpoint: see `RunFolderOptions`. */
  identity?: Record<string, string>
  config?: unknown
  versions?: Record<string, string>
}

interface Manifest {
  /** 3: slots of the optimizer are named by the part that keeps them; before, all parts shared one set of names. */
  version: 1 | 2 | 3
  progress: CheckpointProgress
  /** sha256 of each file. */
  files: Record<string, string>
  identity?: Record<string, string>
  config?: unknown
  versions?: Record<string, string>
  /** sha256 of this manifest's JSON without this field. Version 1 had none. */
  checksum?: string
}

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
    if (!(Number.isInteger(keep) && keep >= 1)) {
      throw new RangeError(`keepCheckpoints must be a whole number of at least 1, not ${keep}`)
    }
    this.folder = folder
    this.#options = options
    this.#keep = keep
  }

  /** Makes the folder and clears away what a killed process left half-written. */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true })
      const leftovers = (await readdir(this.folder)).filter(name => /^\.step-\d+\.\d+\.tmp$/.test(name))
      for (const name of leftovers) await rm(join(this.folder, name), { recursive: true, force: true })
    } catch (error) {
      const message = describeWriteFailure('The folder of checkpoints', this.folder, error)
      throw new CheckpointError(message, this.folder, { cause: error })
    }
  }

  /** @throws CheckpointError when the disk is full or the folder cannot be written; earlier checkpoints stay. */
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
      const content: Manifest = { version: 3, progress, files, identity, config, versions }
      const checksum = await sha256([Buffer.from(JSON.stringify(content))])
      const manifest = Buffer.from(`${JSON.stringify({ ...content, checksum }, null, 2)}\n`)
      await writeSynced(join(temporary, manifestName), [manifest])
      await rm(final, { recursive: true, force: true })
      await rename(temporary, final)
      await syncFolder(this.folder)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => {})
      const message = describeWriteFailure('The checkpoint', final, error)
      throw new CheckpointError(message, final, { cause: error })
    }
    await this.#prune(progress.bestStep)
    return final
  }

  /**
   * The newest checkpoint that is whole. Damaged ones are skipped and told through `onDamaged`.
   *
   * @throws CheckpointError when there is none.
   */
  async readNewest(onDamaged: (folder: string, reason: string) => void = () => {}): Promise<Checkpoint> {
    const names = await this.list()
    for (const name of names.reverse()) {
      const folder = join(this.folder, name)
      try {
        return await this.#read(folder)
      } catch (error) {
        if (CheckpointError.isInstance(error)) throw error
        onDamaged(folder, error instanceof Error ? error.message : String(error))
      }
    }
    throw new CheckpointError(
      names.length === 0
        ? `No checkpoint in ${this.folder}: the run was interrupted before its first one. Start it anew without --resume.`
        : `None of the ${names.length} checkpoints in ${this.folder} can be read: each is damaged. Start anew without --resume.`,
      this.folder,
    )
  }

  /** Names of the checkpoints, oldest first. */
  async list(): Promise<string[]> {
    const entries = await readdir(this.folder).catch(() => [])
    return entries.filter(name => /^step-\d+$/.test(name)).sort()
  }

  async #read(folder: string): Promise<Checkpoint> {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest
    const { checksum, ...content } = manifest
    if (![1, 2, 3].includes(manifest.version))
      throw new Error(`version ${String(manifest.version)} is not one this release reads`)
    if (manifest.version >= 2 && checksum !== (await sha256([Buffer.from(JSON.stringify(content))])))
      throw new Error(`${manifestName} does not match its checksum`)
    const { extension } = this.#options.format
    const parts: Record<string, ArrayRecord> = {}
    for (const [file, expected] of Object.entries(manifest.files)) {
      const path = join(folder, file)
      if ((await sha256([await readFile(path)])) !== expected)
        throw new Error(`${file} does not match its checksum`)
      parts[file.slice(0, -extension.length - 1)] = await this.#readArrays(path)
    }
    const { parameters, ...slots } = parts
    if (!parameters) throw new Error('it holds no parameters')
    this.#checkModel(folder, parameters)
    const optimizer = Object.fromEntries(
      Object.entries(slots).map(([slot, arrays]) => [
        decodeURIComponent(slot.replace(/^optimizer-/, '')),
        arrays,
      ]),
    )
    return {
      folder,
      progress: { ...startOfRun, ...manifest.progress },
      state: { parameters, optimizer },
      identity: manifest.identity ?? {},
      config: manifest.config ?? null,
      versions: manifest.versions ?? {},
    }
  }

  /** The files are whole, so parameters that do not fit are those of another model. */
  #checkModel(folder: string, parameters: ArrayRecord): void {
    const { shapes } = this.#options
    const names = new Set([...Object.keys(shapes), ...Object.keys(parameters)])
    for (const name of names) {
      const shape = shapes[name]
      const length = shape?.reduce((a, b) => a * b, 1)
      if (parameters[name]?.length === length) continue
      const here = shape ? `is [${shape.join(', ')}]` : 'does not exist'
      const there = parameters[name] ? `has ${parameters[name].length} values` : 'is missing'
      throw new CheckpointError(
        `${folder} is of another model: its parameter ${name} ${there}, here it ${here}. Resume with the model of the run, or start a new run.`,
        folder,
      )
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

/** Makes the rename itself durable; not every file system lets a folder be synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  try {
    await folder?.sync().catch(() => {})
  } finally {
    await folder?.close()
  }
}
