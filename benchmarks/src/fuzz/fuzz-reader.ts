import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '@tinystories/utils/random'
import { mutate } from './mutate.ts'

/** Something that reads what comes from outside. */
export interface Reader {
  /** Valid inputs. */
  seeds(): Promise<Uint8Array[]> | Uint8Array[]
  /** Further inputs to mutate, which need not be valid. */
  extra?(): Uint8Array[]
  /**
   * Reads an input to its end.
   *
   * @param folder an empty folder for readers of files
   */
  read(input: Uint8Array, folder: string): Promise<unknown>
}

/** An input that made a reader fail in a way that it must not. */
export interface Finding {
  /** SHA-1 of the input, the name of its file in the corpus. */
  id: string
  input: Uint8Array
  problem: string
}

export interface FuzzOptions {
  /** Mutated inputs, besides the seeds and the corpus. */
  inputs: number
  seed: number
  /** Inputs of earlier findings: `corpus/READER`. */
  corpus: string
}

/** Milliseconds that reading an input of some kilobytes may take on a busy machine. */
const MAX_MILLISECONDS = 10_000
/** Bytes that it may add to the resident memory. */
const MAX_BYTES = 512 * 2 ** 20

/** Reads seeds, corpus and mutated inputs; only errors with a code are allowed. */
export async function fuzzReader(reader: Reader, { inputs, seed, corpus }: FuzzOptions): Promise<Finding[]> {
  const seeds = await reader.seeds()
  const findings: Finding[] = []
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'))
  const check = async (input: Uint8Array): Promise<void> => {
    const problem = await problemOf(reader, input, folder)
    if (problem === undefined) return
    findings.push({ id: createHash('sha1').update(input).digest('hex'), input, problem })
  }
  try {
    for (const valid of seeds) {
      await rm(folder, { recursive: true })
      await mkdir(folder)
      await reader.read(valid, folder)
    }
    for (const name of await readdir(corpus).catch(() => [])) await check(await readFile(join(corpus, name)))
    const sources = [...seeds, ...(reader.extra?.() ?? [])]
    const random = new Random(seed)
    for (let i = 0; i < inputs; i++)
      await check(mutate(sources[random.integer(sources.length)] ?? new Uint8Array(), sources, random))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return findings
}

/** What is wrong with how an input was read; undefined when it was read, or refused with a code. */
async function problemOf(reader: Reader, input: Uint8Array, folder: string): Promise<string | undefined> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const [start, before] = [performance.now(), process.memoryUsage.rss()]
  let problem: string | undefined
  try {
    await reader.read(input, folder)
  } catch (error) {
    // `defineError` gives each error a code and the sentence that is made from its details.
    const isCoded = error instanceof Error && 'code' in error && 'problem' in error
    if (!isCoded)
      problem = error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`
  }
  const [milliseconds, bytes] = [performance.now() - start, process.memoryUsage.rss() - before]
  if (milliseconds > MAX_MILLISECONDS) return `it took ${Math.round(milliseconds / 1000)} s`
  if (bytes > MAX_BYTES) return `it took ${Math.round(bytes / 2 ** 20)} MiB`
  return problem
}

/** Keeps a finding, so that every later run reads it first. */
export async function keepFinding(corpus: string, { id, input }: Finding): Promise<void> {
  await mkdir(corpus, { recursive: true })
  await writeFile(join(corpus, id), input)
}
