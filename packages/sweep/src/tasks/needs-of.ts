import type { Needs } from '../spec/sweep-spec.ts'
import type { Task } from './plan-tasks.ts'

/** What a task occupies while it runs. */
export function needsOf({ stage, cells }: Task): Needs {
  return stage.needs?.(cells[0]!) ?? { cores: 1, memory: 1, gpu: false }
}
