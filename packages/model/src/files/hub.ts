import { ModelFileError } from '../errors.ts'
import { isRevision, parseHubModel } from './hub-address.ts'
import { type HubFile, type HubRequestOptions, PassingFailure, requestFile } from './hub-request.ts'
import { isPlainName } from './shards.ts'

/** Where models of the hub come from and where they are kept. */
export interface HubOptions extends HubRequestOptions {
  /** Branch, tag or commit. Default: what the address says, or `main`. */
  revision?: string
  /** Folder where models are kept. Default: `.cache/tinystories` in the home folder. */
  cacheDir?: string
  /** Only the cache, no network. Default false. */
  offline?: boolean
  /** Ask the hub again for what the cache has, as for a branch that has moved. Default false. */
  refresh?: boolean
  /** SHA-256 of files in hexadecimal, by name; other content is refused, in the cache as well. */
  sha256?: Record<string, string>
  /** Called as bytes arrive; `total` is undefined where the hub does not tell. */
  onProgress?: (progress: { file: string; bytes: number; total: number | undefined }) => void
}

/** Written last: what it lists is whole. */
const RECORD = 'files.json'

/**
 * The folder with the files of a model of the hub (`config.json` and its safetensors), fetched unless the cache has
 * it. A file appears under its name only when it is whole and its checksum is that of the hub.
 *
 * @throws ModelFileError when there is no such model, file or connection, or a checksum is wrong
 */
export async function hubFolder(address: string, options: HubOptions = {}): Promise<string> {
  const { join } = await import('node:path')
  const { homedir } = await import('node:os')
  const { repository, revision: said } = parseHubModel(address)
  const revision = options.revision ?? said ?? 'main'
  if (!isRevision(revision)) {
    throw new ModelFileError(
      `${repository}: ${JSON.stringify(revision)} is no revision. Name a branch, tag or commit.`,
    )
  }
  const cacheDir = options.cacheDir ?? join(homedir(), '.cache', 'tinystories')
  const folder = join(cacheDir, 'models', repository.replace('/', '--'), revision.replaceAll('/', '--'))
  if (!options.refresh && (await isComplete(folder, options))) return folder
  if (options.offline) {
    throw new ModelFileError(
      `${repository} at ${revision}: not in the cache ${cacheDir}. Fetch it once without offline.`,
    )
  }
  await fetchModel(repository, revision, folder, options)
  return folder
}

async function fetchModel(
  repository: string,
  revision: string,
  folder: string,
  options: HubOptions,
): Promise<void> {
  const { mkdir, readFile, rm } = await import('node:fs/promises')
  const { join } = await import('node:path')
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new ModelFileError(
      `${folder}: cannot be made (${(error as Error).message}). Name another cacheDir.`,
      {
        cause: error,
      },
    )
  }
  await rm(join(folder, RECORD), { force: true })
  const sizes: Record<string, number> = {}
  let commit = revision
  const get = async (file: string): Promise<boolean> => {
    const saved = await save(repository, commit, file, folder, options)
    if (!saved) return false
    sizes[file] = saved.size
    // All files of one state, even when the branch moves meanwhile.
    commit = saved.commit ?? commit
    return true
  }
  if (!(await get('config.json'))) {
    throw new ModelFileError(
      `${repository}: the hub has no config.json at ${revision}. Check the name and the revision.`,
    )
  }
  const index = 'model.safetensors.index.json'
  // What an earlier state left would be taken for the model.
  for (const file of ['model.safetensors', index]) await rm(join(folder, file), { force: true })
  if (!(await get('model.safetensors'))) {
    if (!(await get(index))) {
      throw new ModelFileError(
        `${repository}: the hub has no safetensors at ${revision}. Name a revision that has them (for many models ` +
          "the hub's own conversion is refs/pr/1), or convert the model with transformers: save_pretrained(folder).",
      )
    }
    for (const shard of shardNames(await readFile(join(folder, index), 'utf8'), `${repository}/${index}`)) {
      if (!(await get(shard))) {
        throw new ModelFileError(`${repository}: the hub has no ${shard}, which ${index} names.`)
      }
    }
  }
  const { writeAtomically } = await import('./write-atomically.ts')
  const record = JSON.stringify({ repository, revision, commit, sizes }, null, 2)
  await writeAtomically(join(folder, RECORD), [new TextEncoder().encode(`${record}\n`)])
}

function shardNames(text: string, where: string): string[] {
  let names: unknown[] = []
  try {
    names = [...new Set(Object.values((JSON.parse(text) as { weight_map: object }).weight_map))]
  } catch {
    // Said below.
  }
  if (names.length === 0 || !names.every(isPlainName)) {
    throw new ModelFileError(`${where}: weight_map must give each tensor the name of a file beside it.`)
  }
  return names
}

/** Fetches a file, with further tries; undefined where there is none. */
async function save(
  repository: string,
  revision: string,
  file: string,
  folder: string,
  options: HubOptions,
): Promise<{ size: number; commit: string | undefined } | undefined> {
  const { retries = 3, retryDelay = 500, signal } = options
  for (let again = 0; ; again++) {
    try {
      const found = await requestFile(repository, revision, file, options)
      return (
        found && {
          size: await store(found, `${repository}/${file}`, file, folder, options),
          commit: found.commit,
        }
      )
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error
      if (again >= retries) {
        throw new ModelFileError(
          `${repository}/${file}: ${error.message}. Check the network, or use a model in a folder.`,
          { cause: error.cause ?? error },
        )
      }
      await new Promise(resolve => setTimeout(resolve, retryDelay * 2 ** again))
      signal?.throwIfAborted()
    }
  }
}

/** Writes the answer's bytes to disk as they come, and gives the file its name when they are right. */
async function store(
  { response, size, digest }: HubFile,
  source: string,
  file: string,
  folder: string,
  { sha256, onProgress, signal }: HubOptions,
): Promise<number> {
  const { createHash } = await import('node:crypto')
  const { open, rename, rm } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const target = join(folder, file)
  const temporary = `${target}.${process.pid}-${Math.random().toString(36).slice(2)}.part`
  const sum = createHash('sha256')
  const gitSum = createHash('sha1')
  if (size !== undefined) gitSum.update(`blob ${size}\0`)
  let bytes = 0
  try {
    const handle = await open(temporary, 'wx')
    try {
      for await (const chunk of chunksOf(response, signal)) {
        sum.update(chunk)
        gitSum.update(chunk)
        await handle.writeFile(chunk)
        bytes += chunk.length
        onProgress?.({ file, bytes, total: size })
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (size !== undefined && bytes !== size) {
      throw new PassingFailure(`only ${bytes} of ${size} bytes came`)
    }
    const hex = sum.digest('hex')
    if (digest && (digest.algorithm === 'sha256' || size !== undefined)) {
      const came = digest.algorithm === 'sha256' ? hex : gitSum.digest('hex')
      if (came !== digest.hex)
        throw new PassingFailure(`the checksum is ${came}, not the hub's ${digest.hex}`)
    }
    const wanted = sha256?.[file]?.toLowerCase()
    if (wanted !== undefined && wanted !== hex) {
      throw new ModelFileError(
        `${source}: the SHA-256 is ${hex}, not ${wanted}. Name the revision that it belongs to.`,
      )
    }
    await rename(temporary, target)
    return bytes
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    signal?.throwIfAborted()
    if (isDiskError(error)) {
      throw new ModelFileError(
        `${target}: cannot be written (${error.message}). Free space or name another cacheDir.`,
        {
          cause: error,
        },
      )
    }
    throw error
  }
}

async function* chunksOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      let chunk: Awaited<ReturnType<typeof reader.read>>
      try {
        chunk = await reader.read()
      } catch (error) {
        signal?.throwIfAborted()
        throw new PassingFailure('the connection was lost', { cause: error })
      }
      if (chunk.done) return
      yield chunk.value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Whether the cache holds all files of a model, each of the right size and, where one is given, checksum. */
async function isComplete(folder: string, { sha256 = {} }: HubOptions): Promise<boolean> {
  const { readFile, stat } = await import('node:fs/promises')
  const { createHash } = await import('node:crypto')
  const { join } = await import('node:path')
  try {
    const { sizes } = JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as {
      sizes: Record<string, number>
    }
    for (const [file, size] of Object.entries(sizes)) {
      if (!isPlainName(file) || (await stat(join(folder, file))).size !== size) return false
      const wanted = sha256[file]?.toLowerCase()
      if (wanted === undefined) continue
      const hash = createHash('sha256').update(await readFile(join(folder, file)))
      if (hash.digest('hex') !== wanted) return false
    }
    return true
  } catch {
    // Not there, or not ours: it is fetched anew.
    return false
  }
}

function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
