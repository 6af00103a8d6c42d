import syncFs, { type PathLike } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { sep } from 'node:path'
import { Readable } from 'node:stream'

type Operations = Record<string, (...args: never[]) => unknown>

/** The files of a folder whose content stays in memory. */
export interface MemoryFiles {
  /** Whether files that are written from now on stay in memory. Default true. */
  isOn: boolean
  /** Puts `node:fs` back, and what is in memory on the disk. */
  end(): void
}

/** Descriptors that the system never gives. */
const FIRST_DESCRIPTOR = 2 ** 30

/** Whether a file is opened to be read and nothing else. */
const isToRead = (flags: string | number): boolean =>
  flags === 'r' || flags === (syncFs.constants.O_RDONLY | (syncFs.constants.O_NONBLOCK ?? 0))

/**
 * Keeps what `writeFileSync` writes into a folder in memory, and answers from there who opens, stats or reads it: a
 * mutated input costs a dozen system calls otherwise, which take longer than reading it. Any other operation on such a
 * file finds it on the disk, and is done at once: in the usual way each waits for a thread, ten times as long as it takes.
 */
export function keepFilesInMemory(folder: string): MemoryFiles {
  const original = { sync: { ...syncFs }, promises: { ...fs } }
  const kept = new Map<string, Uint8Array>()
  const opened = new Map<number, Uint8Array>()
  let descriptors = FIRST_DESCRIPTOR
  let stats: syncFs.Stats | undefined
  const files: MemoryFiles = { isOn: true, end }

  const toDisk = (path: string): void => {
    const bytes = kept.get(path)
    if (bytes === undefined) return
    kept.delete(path)
    original.sync.writeFileSync(path, bytes)
  }
  /** What is at a path, or below it, is on the disk. */
  const below = (path: unknown): void => {
    if (kept.size === 0 || typeof path !== 'string') return
    for (const each of [...kept.keys()]) if (each === path || each.startsWith(path + sep)) toDisk(each)
  }
  const contentOf = (path: unknown): Uint8Array | undefined =>
    typeof path === 'string' ? kept.get(path) : undefined
  const isOwn = (path: unknown): boolean =>
    files.isOn && typeof path === 'string' && (path === folder || path.startsWith(folder + sep))
  const statsOf = (bytes: Uint8Array): syncFs.Stats => {
    stats ??= original.sync.statSync(new URL(import.meta.url))
    return Object.assign(Object.create(stats) as syncFs.Stats, { size: bytes.length })
  }

  const own: { sync: Operations; promises: Operations } = {
    sync: {
      writeFileSync(path: PathLike | number, data: string | Uint8Array, options?: syncFs.WriteFileOptions) {
        const isPlain = options === undefined && data instanceof Uint8Array
        if (files.isOn && isPlain && typeof path === 'string' && path.startsWith(folder + sep)) {
          kept.set(path, data)
          return
        }
        below(path)
        original.sync.writeFileSync(path, data, options)
      },
      openSync(path: PathLike, flags: syncFs.OpenMode = 'r', mode?: syncFs.Mode) {
        const bytes = isToRead(flags) ? contentOf(path) : undefined
        if (bytes === undefined) {
          below(path)
          return original.sync.openSync(path, flags, mode)
        }
        opened.set(++descriptors, bytes)
        return descriptors
      },
      readSync(descriptor: number, target: Uint8Array, ...rest: [number, number, number]) {
        const bytes = opened.get(descriptor)
        if (bytes === undefined) return original.sync.readSync(descriptor, target, ...rest)
        return copy(bytes, target, ...rest)
      },
      fstatSync(descriptor: number, options?: syncFs.StatOptions) {
        const bytes = opened.get(descriptor)
        return bytes ? statsOf(bytes) : original.sync.fstatSync(descriptor, options)
      },
      closeSync(descriptor: number) {
        if (!opened.delete(descriptor)) original.sync.closeSync(descriptor)
      },
      createReadStream(path: PathLike, options?: Parameters<typeof syncFs.createReadStream>[1]) {
        const bytes = options === undefined ? contentOf(path) : undefined
        if (bytes) return Readable.from([bytes])
        below(path)
        return original.sync.createReadStream(path, options)
      },
    },
    promises: {
      async open(path: PathLike, flags: string | number = 'r', mode?: syncFs.Mode) {
        const bytes = isToRead(flags) ? contentOf(path) : undefined
        if (bytes) return handleOf(bytes, statsOf(bytes))
        if (!isOwn(path)) return original.promises.open(path, flags, mode)
        below(path)
        return handleOfDescriptor(original.sync.openSync(path, flags, mode), original.sync)
      },
      async access(path: PathLike, mode?: number) {
        if (contentOf(path)) return
        if (isOwn(path)) original.sync.accessSync(path, mode)
        else await original.promises.access(path, mode)
      },
      async stat(path: PathLike, options?: syncFs.StatOptions) {
        const bytes = options === undefined ? contentOf(path) : undefined
        if (bytes) return statsOf(bytes)
        if (!isOwn(path)) return original.promises.stat(path, options)
        below(path)
        return original.sync.statSync(path, options)
      },
      async readFile(path: PathLike, options: BufferEncoding | null = null) {
        const bytes = options === null ? contentOf(path) : undefined
        if (bytes) return Buffer.from(bytes)
        if (!isOwn(path)) return original.promises.readFile(path, options)
        below(path)
        return original.sync.readFileSync(path, { encoding: options })
      },
      async readdir(path: PathLike, ...rest: never[]) {
        if (contentOf(path)) throw Object.assign(new Error('ENOTDIR: a file'), { code: 'ENOTDIR' })
        if (!isOwn(path)) return original.promises.readdir(path, ...rest)
        below(path)
        return original.sync.readdirSync(path, ...rest)
      },
    },
  }
  const others = [
    ...[
      'rename',
      'rm',
      'link',
      'copyFile',
      'appendFile',
      'readFile',
      'stat',
      'writeFile',
      'unlink',
      'truncate',
    ],
    ...['lstat', 'mkdir', 'rmdir'],
  ]
  for (const name of others) {
    const [sync, later] = [
      (original.sync as unknown as Operations)[`${name}Sync`]!,
      (original.promises as unknown as Operations)[name]!,
    ]
    own.sync[`${name}Sync`] ??= (...args) => {
      for (const arg of args) below(arg)
      return sync(...args)
    }
    own.promises[name] ??= async (...args) => {
      for (const arg of args) below(arg)
      return isOwn(args[0]) ? sync(...args) : later(...args)
    }
  }
  Object.assign(syncFs, own.sync)
  Object.assign(fs, own.promises)
  syncBuiltinESMExports()

  function end(): void {
    for (const path of [...kept.keys()]) toDisk(path)
    for (const [holder, names, from] of [
      [syncFs, Object.keys(own.sync), original.sync],
      [fs, Object.keys(own.promises), original.promises],
    ] as const)
      for (const name of names)
        (holder as unknown as Operations)[name] = (from as unknown as Operations)[name]!
    syncBuiltinESMExports()
  }
  return files
}

/** As much as there is from `position` on. */
function copy(
  from: Uint8Array,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  const part = from.subarray(position, position + length)
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(part, offset)
  return part.length
}

/** What readers use of a file handle. */
function handleOf(bytes: Uint8Array, stats: syncFs.Stats): object {
  let at = 0
  return {
    stat: async () => stats,
    readFile: async () => Buffer.from(bytes),
    createReadStream: () => Readable.from([bytes]),
    async read(target: Uint8Array, offset: number, length: number, position: number | null) {
      const bytesRead = copy(bytes, target, offset, length, position ?? at)
      if (position === null) at += bytesRead
      return { bytesRead, buffer: target }
    },
    close: async () => {},
  }
}

/** A file handle whose operations are done at once. */
function handleOfDescriptor(fd: number, fs: typeof syncFs): object {
  const streamed = function* (): Generator<Buffer> {
    for (;;) {
      const chunk = Buffer.alloc(2 ** 16)
      const bytes = fs.readSync(fd, chunk, 0, chunk.length, null)
      if (bytes === 0) break
      yield chunk.subarray(0, bytes)
    }
    fs.closeSync(fd)
  }
  const close = async (): Promise<void> => fs.closeSync(fd)
  return {
    ...{ fd, close, [Symbol.asyncDispose]: close },
    createReadStream: () => Readable.from(streamed()),
    stat: async (options?: syncFs.StatOptions) => fs.fstatSync(fd, options),
    sync: async () => fs.fsyncSync(fd),
    datasync: async () => fs.fdatasyncSync(fd),
    truncate: async (bytes?: number) => fs.ftruncateSync(fd, bytes),
    chmod: async (mode: number) => fs.fchmodSync(fd, mode),
    readFile: async (options: BufferEncoding | null = null) => fs.readFileSync(fd, { encoding: options }),
    writeFile: async (data: string | Uint8Array) => fs.writeFileSync(fd, data),
    appendFile: async (data: string | Uint8Array) => fs.appendFileSync(fd, data),
    async read(target: Uint8Array, offset: number, length: number, position: number | null) {
      return { bytesRead: fs.readSync(fd, target, offset, length, position), buffer: target }
    },
    async write(data: Uint8Array, offset = 0, length = data.length - offset, position: number | null = null) {
      return { bytesWritten: fs.writeSync(fd, data, offset, length, position), buffer: data }
    },
  }
}
