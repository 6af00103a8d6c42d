import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { readTextFileIfPresent, writeFileAtomically } from '@tinystories/utils/disk'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { SweepError } from './errors.ts'

/** Raised when the files of a sweep's folder change their form. */
const formatVersion = 2

const promptSchema = v.object({ id: v.string(), text: v.string() })
const savedSchema: v.GenericSchema<unknown, SavedSweep> = v.object({
  version: v.number(),
  id: v.string(),
  fingerprints: v.record(v.string(), v.string()),
  filePrompts: v.array(promptSchema),
  software: v.string(),
  spec: v.unknown(),
})

/** What `sweep.json` in the folder of a sweep holds. */
export interface SavedSweep {
  version: number
  /** Tells apart the sweeps that share a database. */
  id: string
  /** Of each source of stories. */
  fingerprints: Record<string, string>
  /** Prompts of the file that the sweep names. */
  filePrompts: { id: string; text: string }[]
  /** The versions of the stages that ran last. */
  software: string
  /** To be parsed by `parseSweepSpec`. */
  spec: unknown
}

/**
 * Reads what a folder says of its sweep; undefined when it holds none.
 *
 * @throws SweepError `other-format`; InputError when `sweep.json` is damaged
 */
export async function readSavedSweep(folder: string): Promise<SavedSweep | undefined> {
  const path = join(folder, 'sweep.json')
  const text = await readTextFileIfPresent(path)
  if (text === undefined) return undefined
  const json = parseJson(text, { source: path })
  const { version } = parseValue(v.object({ version: v.number() }), json, path)
  // Format 1 had less in this one file; the results are the same.
  if (version === 1) return upgraded(json, path)
  if (version !== formatVersion)
    throw new SweepError('other-format', { folder, found: version, expected: formatVersion })
  return parseValue(savedSchema, json, path)
}

function upgraded(json: unknown, path: string): SavedSweep {
  const schema = v.object({
    fingerprint: v.string(),
    spec: v.looseObject({ data: v.optional(v.string(), 'sample') }),
  })
  const { fingerprint, spec } = parseValue(schema, json, path)
  const id = randomUUID().slice(0, 8)
  return { version: 1, id, fingerprints: { [spec.data]: fingerprint }, filePrompts: [], software: '', spec }
}

/** Writes it, but for the version of the format. */
export async function writeSavedSweep(folder: string, saved: Omit<SavedSweep, 'version'>): Promise<void> {
  const text = JSON.stringify({ version: formatVersion, ...saved }, null, 2)
  await writeFileAtomically(join(folder, 'sweep.json'), `${text}\n`)
}

/**
 * Refuses to work on a sweep that other software works on: its results would not be the same.
 *
 * @param worker the name of this process, for the error
 * @throws SweepError `other-software`, `no-sweep`
 */
export async function checkSoftware(
  { folder, software }: { folder: string; software: string },
  worker: string,
): Promise<void> {
  const saved = await readSavedSweep(folder)
  if (saved === undefined) throw new SweepError('no-sweep', { folder })
  if (saved.software !== software)
    throw new SweepError('other-software', { worker, found: software, expected: saved.software })
}
