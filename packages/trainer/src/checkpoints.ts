import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointError } from './errors.ts'
import type { ArrayRecord, EngineState } from './types.ts'

/** How float32 arrays lie in a file; `@tinystories/model`'s `encodeSafetensors` and `openSafetensors` fit. */
export interface ArrayFormat {
  /** File name extension without the dot. */
  extension: string
  /** The file as pieces to be written one after another. */
  encode(arrays: NamedArray[]): Uint8Array[]
  open(path: string): Promise<ArrayFile>
}

export interface NamedArray {
  name: string
  shape: number[]
  data: Float32Array
}

export interface ArrayFile {
  tensors: Iterable<[string, { shape: number[] }]>
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/** What a checkpoint knows besides arrays. All of it is JSON. */
export interface CheckpointProgress {
  step: number
  /** Tokens seen by the optimiser. */
  tokens: number
  /** UTF-8 bytes of original text that these tokens stand for. */
  bytes: number
  /** Seconds of training, pauses left out. */
  seconds: number
  /** Where the data stream stood. */
  data: unknown
  /** Length of metrics.jsonl when the checkpoint was taken: what comes after is cut off on resuming. */
  metricsBytes: number
  bestBitsPerByte: number | null
  /** Step of the last evaluation, so that resuming does not evaluate it again. */
  evaluatedStep: number
}

export interface Checkpoint {
  folder: string
  progress: CheckpointProgress
  state: EngineState
}

export interface CheckpointStoreOptions {
  /** Folder that holds `step-00000100/` and so on. */
  folder: string
  format: ArrayFormat
  /** Shapes of the parameters by name. */
  shapes: Record<string, number[]>
  /** How many of the newest to keep. Default 2. */
  keep?: number
}

interface Manifest {
  version: 1
  progress: CheckpointProgress
  /** sha256 of each file. */
  files: Record<string, string>
}

const manifestName = 'checkpoint.json'

/**
 * Writes and reads the checkpoints of one run. A checkpoint is a folder that appears whole, by a rename after all
 * its files are on disk, or not at all; earlier ones are removed only after that.
 */
export class CheckpointStore {
  readonly folder: string
  readonly #format: ArrayFormat
  readonly #shapes: Record<string, number[]>
  readonly #keep: number

  constructor({ folder, format, shapes, keep = 2 }: CheckpointStoreOptions) {
    this.folder = folder
    this.#format = format
    this.#shapes = shapes
    this.#keep = keep
  }

  /** @throws CheckpointError when the disk is full or the folder cannot be written; earlier checkpoints stay. */
  async write(state: EngineState, progress: CheckpointProgress): Promise<string> {
    const name = `step-${String(progress.step).padStart(8, '0')}`
    const final = join(this.folder, name)
    const temporary = join(this.folder, `.${name}.${process.pid}.tmp`)
    try {
      await mkdir(temporary, { recursive: true })
      const files: Record<string, string> = {}
      for (const [part, arrays] of Object.entries(this.#parts(state))) {
        const file = `${part}.${this.#format.extension}`
        const pieces = this.#format.encode(this.#named(arrays))
        files[file] = sha256(pieces)
        await writeSynced(join(temporary, file), pieces)
      }
      const manifest: Manifest = { version: 1, progress, files }
      await writeSynced(join(temporary, manifestName), [Buffer.from(JSON.stringify(manifest, null, 2))])
      await rm(final, { recursive: true, force: true })
      await rename(temporary, final)
      await syncFolder(this.folder)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => {})
      throw new CheckpointError(describeWriteFailure(final, error), final, { cause: error })
    }
    await this.#prune()
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
    if (manifest.version !== 1)
      throw new Error(`version ${String(manifest.version)} is not one this release reads`)
    const parts: Record<string, ArrayRecord> = {}
    for (const [file, expected] of Object.entries(manifest.files)) {
      const path = join(folder, file)
      if (sha256([await readFile(path)]) !== expected) throw new Error(`${file} does not match its checksum`)
      parts[file.slice(0, -this.#format.extension.length - 1)] = await this.#readArrays(path)
    }
    const { parameters, ...slots } = parts
    if (!parameters) throw new Error('it holds no parameters')
    for (const [name, shape] of Object.entries(this.#shapes)) {
      const length = shape.reduce((a, b) => a * b, 1)
      if (parameters[name]?.length !== length) {
        throw new Error(`parameter ${name} is not the [${shape.join(', ')}] that the model of this run has`)
      }
    }
    const optimizer = Object.fromEntries(
      Object.entries(slots).map(([slot, arrays]) => [slot.replace(/^optimizer-/, ''), arrays]),
    )
    return { folder, progress: manifest.progress, state: { parameters, optimizer } }
  }

  #parts(state: EngineState): Record<string, ArrayRecord> {
    const parts: Record<string, ArrayRecord> = { parameters: state.parameters }
    for (const [slot, arrays] of Object.entries(state.optimizer)) parts[`optimizer-${slot}`] = arrays
    return parts
  }

  #named(arrays: ArrayRecord): NamedArray[] {
    return Object.entries(arrays).map(([name, data]) => ({
      name,
      shape: this.#shapes[name] ?? [data.length],
      data,
    }))
  }

  async #readArrays(path: string): Promise<ArrayRecord> {
    const file = await this.#format.open(path)
    try {
      const arrays: ArrayRecord = {}
      for (const [name] of file.tensors) arrays[name] = await file.read(name)
      return arrays
    } finally {
      await file.close()
    }
  }

  async #prune(): Promise<void> {
    const names = await this.list()
    for (const name of names.slice(0, -this.#keep)) {
      await rm(join(this.folder, name), { recursive: true, force: true })
    }
  }
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

function sha256(pieces: Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
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

function describeWriteFailure(folder: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return `Disk full while writing the checkpoint ${folder}. Earlier checkpoints are untouched: free some space and resume.`
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `No permission to write the checkpoint ${folder}: choose another folder or change its permissions.`
  }
  return `The checkpoint ${folder} could not be written: ${error instanceof Error ? error.message : String(error)}`
}
