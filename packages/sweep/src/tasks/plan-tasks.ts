import { createHash } from 'node:crypto'
import type { Cell } from '../spec/expand-cells.ts'
import type { Json, Stage } from './stage.ts'

/** A stage of one or more cells that ask for the same. */
export interface Task {
  /** Hash of all that decides the result: stage, version, settings, and the tasks before it. */
  id: string
  stage: Stage
  /** Cells that need it; it runs with the first one. */
  cells: Cell[]
  /** Tasks it comes after, by the names of their stages. */
  after: Readonly<Record<string, Task>>
}

/**
 * The tasks of a sweep, each after those it needs. Stages that ask for the same in several cells, such as preparing
 * the data, are one task.
 */
export function planTasks(cells: readonly Cell[], stages: readonly Stage[]): Task[] {
  const tasks = new Map<string, Task>()
  for (const cell of cells) {
    const ofCell = new Map<string, Task>()
    for (const stage of stages) {
      if (stage.applies?.(cell) === false) continue
      const after = Object.fromEntries(stage.after.map(name => [name, known(ofCell, name, stage)]))
      const inputs = Object.fromEntries(Object.entries(after).map(([name, task]) => [name, task.id]))
      const id = hash({ stage: stage.name, version: stage.version, settings: stage.settings(cell), inputs })
      const task = tasks.get(id) ?? { id, stage, cells: [], after }
      task.cells.push(cell)
      tasks.set(id, task)
      ofCell.set(stage.name, task)
    }
  }
  return [...tasks.values()]
}

function known(tasks: ReadonlyMap<string, Task>, name: string, stage: Stage): Task {
  const task = tasks.get(name)
  if (task === undefined)
    throw new RangeError(`The stage ${stage.name} comes before ${name}, which it needs.`)
  return task
}

/** The first 16 hexadecimal digits of SHA-256 of a value as JSON with sorted names. */
export function hash(value: Json): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16)
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`
}
