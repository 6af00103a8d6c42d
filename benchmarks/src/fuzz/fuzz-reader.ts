import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '@tinystories/utils/random'
import { keepFilesInMemory } from './memory-files.ts'
import { mutate } from './mutate.ts'
import type { Reader } from './reader.ts'

/** An input that made a reader fail in a way that it must not. */
export interface Finding {
  /** SHA-1 of the input, the name of its file in the corpus. */
  id: string
  input: Uint8Array
  problem: string
}

/** Options of {@link fuzzReader}. */
export interface FuzzOptions {
  /** Mutated inputs, besides the seeds and the corpus. */
  inputs: number
  /**
   * Number of the first one to read; those of the corpus are below 0. Default: all. Each input is decided by the seed and
   * its number alone.
   */
  first?: number
  seed: number
  /** Inputs of earlier findings: `corpus/READER`. */
  corpus: string
  /** Called with each input before it is read, for a watchdog. */
  onInput?: (input: Uint8Array, number: number) => void
}

/** Milliseconds of computing that an input of some kilobytes may take. */
const MAX_MILLISECONDS = 1000
/** Bytes that an input may add to the highest memory of the process. */
const MAX_BYTES = 256 * 2 ** 20

/** A file system in memory: what readers write would wait for the disk otherwise. */
const memory = '/dev/shm'

/** One input of so many goes through a file on the disk. */
const ON_DISK = 32

/** Bytes up to which an input of the corpus is mutated as well. */
const MAX_SOURCE = 4096

/** Of all objects. */
const ownNames = new Set(Object.getOwnPropertyNames(Object.prototype))

/** A finding. */
export function findingOf(input: Uint8Array, problem: string): Finding {
  return { id: createHash('sha1').update(input).digest('hex'), input: new Uint8Array(input), problem }
}

/** Reads seeds, corpus and mutated inputs; only errors with a code are allowed. */
export async function fuzzReader(
  reader: Reader,
  { inputs, first = Number.NEGATIVE_INFINITY, seed, corpus, onInput }: FuzzOptions,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const folder = await mkdtemp(join(existsSync(memory) ? memory : tmpdir(), 'fuzz-'))
  const files = keepFilesInMemory(folder)
  const check = async (input: Uint8Array, number: number): Promise<void> => {
    onInput?.(input, number)
    files.isOn = number % ON_DISK !== 0
    const problem = await problemOf(reader, input, folder)
    if (problem !== undefined) findings.push(findingOf(input, problem))
  }
  try {
    const seeds = await reader.seeds(folder)
    for (const valid of seeds) await reader.read(valid, folder)
    usage = process.resourceUsage()
    unseen = 0
    const kept = await Promise.all(
      (await readdir(corpus).catch(() => [])).sort().map(name => readFile(join(corpus, name))),
    )
    for (const [i, input] of kept.entries()) if (i - kept.length >= first) await check(input, i - kept.length)
    // Mutations of a large input would mostly be large.
    const small = kept.filter(input => input.length <= MAX_SOURCE)
    const sources = [...seeds, ...((await reader.extra?.()) ?? []), ...small]
    const random = new Random(seed)
    for (let number = Math.max(0, first); number < inputs; number++) {
      const own = random.stream(number)
      const mutated = mutate(sources[own.integer(sources.length)] ?? new Uint8Array(), sources, own)
      // The checksum is made right in three of four, or the test of checksums is all that is tested.
      await check((own.integer(4) > 0 ? reader.reseal?.(mutated) : undefined) ?? mutated, number)
    }
  } finally {
    files.end()
    await rm(folder, { recursive: true, force: true })
  }
  return findings
}

/** Of the process at the last look: a look takes as long as reading a small input. */
let usage = process.resourceUsage()
/** Inputs that were read since. */
let unseen = 0
/** One input of so many is followed by a look, as is each that was not done within some milliseconds. */
const LOOK_EVERY = 32
const QUICK_MILLISECONDS = 8

/** What is wrong with how an input was read; undefined when it was read, or refused with a code. */
async function problemOf(reader: Reader, input: Uint8Array, folder: string): Promise<string | undefined> {
  const before = usage
  const start = performance.now()
  let problem: string | undefined
  try {
    await reader.read(input, folder)
  } catch (error) {
    // `defineError` gives each error a code and the sentence that is made from its details.
    const isCoded = error instanceof Error && 'code' in error && 'problem' in error
    if (!isCoded)
      problem = error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`
  }
  const added = Object.getOwnPropertyNames(Object.prototype).filter(name => !ownNames.has(name))
  if (added.length > 0) {
    for (const name of added) delete (Object.prototype as Record<string, unknown>)[name]
    return `it adds ${added.join(', ')} to all objects`
  }
  // So quick, it can neither have computed for long nor have filled much memory.
  if (performance.now() - start < QUICK_MILLISECONDS && ++unseen < LOOK_EVERY) return problem
  unseen = 0
  // Computing and highest memory of the whole process: neither depends on what else the machine does.
  const after = process.resourceUsage()
  usage = after
  const computing =
    (after.userCPUTime - before.userCPUTime + after.systemCPUTime - before.systemCPUTime) / 1000
  const bytes = (after.maxRSS - before.maxRSS) * 1024
  if (computing > MAX_MILLISECONDS) return `it took ${(computing / 1000).toFixed(1)} s`
  if (bytes > MAX_BYTES) return `it took ${Math.round(bytes / 2 ** 20)} MiB`
  return problem
}
