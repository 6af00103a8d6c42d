import { join } from 'node:path'
import { fingerprintStories, openStories } from '@tinystories/dataset'
import { createFolder, readTextFileIfPresent, writeFileAtomically } from '@tinystories/utils/disk'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { SweepError } from './errors.ts'
import { type Cell, expandCells } from './spec/expand-cells.ts'
import { parseSweepSpec, type SweepSpec } from './spec/sweep-spec.ts'
import { generateStage } from './stages/generate-stage.ts'
import { measureStage } from './stages/measure-stage.ts'
import { prepareStage, type StageOptions } from './stages/prepare-stage.ts'
import { probeStage } from './stages/probe-stage.ts'
import { trainStage } from './stages/train-stage.ts'
import { planTasks, type Task } from './tasks/plan-tasks.ts'
import { TaskStore } from './tasks/task-store.ts'

/** Raised when the files of a sweep's folder change their form. */
const formatVersion = 1

const savedSchema = v.object({ version: v.number(), fingerprint: v.string(), spec: v.unknown() })

/** A sweep in its folder. */
export interface Sweep {
  folder: string
  spec: SweepSpec
  cells: Cell[]
  tasks: Task[]
  store: TaskStore
}

/** Options of {@link createSweep} and {@link openSweep}. */
export type SweepOptions = Pick<StageOptions, 'access' | 'threads'>

/**
 * Creates a sweep in a folder, or continues the one that is there with the cells of `spec`: what is done is kept.
 *
 * @throws SweepError before anything is written; what the dataset throws for stories that cannot be read
 */
export async function createSweep(
  spec: SweepSpec,
  folder: string,
  options: SweepOptions = {},
): Promise<Sweep> {
  expandCells(spec)
  await readSaved(folder)
  const { access } = options
  const sources = [spec.data, ...(spec.heldOut === undefined ? [] : [spec.heldOut])]
  const fingerprints: string[] = []
  for (const source of sources) fingerprints.push(await fingerprintStories(openStories(source, access ?? {})))
  const fingerprint = fingerprints.join('+')
  await createFolder(folder)
  const saved = { version: formatVersion, fingerprint, spec }
  await writeFileAtomically(join(folder, 'sweep.json'), `${JSON.stringify(saved, null, 2)}\n`)
  return assemble(spec, folder, { ...options, fingerprint })
}

/**
 * Opens the sweep that a folder holds.
 *
 * @throws SweepError `no-sweep`, `other-software`; InputError when `sweep.json` is damaged
 */
export async function openSweep(folder: string, options: SweepOptions = {}): Promise<Sweep> {
  const saved = await readSaved(folder)
  if (saved === undefined) throw new SweepError('no-sweep', { folder })
  const spec = parseSweepSpec(saved.spec, join(folder, 'sweep.json'))
  return assemble(spec, folder, { ...options, fingerprint: saved.fingerprint })
}

async function readSaved(folder: string): Promise<v.InferOutput<typeof savedSchema> | undefined> {
  const path = join(folder, 'sweep.json')
  const text = await readTextFileIfPresent(path)
  if (text === undefined) return undefined
  const saved = parseValue(savedSchema, parseJson(text, { source: path }), path)
  if (saved.version !== formatVersion)
    throw new SweepError('other-software', { folder, found: saved.version, expected: formatVersion })
  return saved
}

function assemble(spec: SweepSpec, folder: string, options: Omit<StageOptions, 'spec'>): Sweep {
  const cells = expandCells(spec)
  const stages = [prepareStage, trainStage, probeStage, generateStage, measureStage]
  const tasks = planTasks(
    cells,
    stages.map(create => create({ ...options, spec })),
  )
  return { folder, spec, cells, tasks, store: new TaskStore(folder) }
}
