import type { Judgment } from './grading.ts'

/** Where judgments are kept as they come, so that a run can go on after any interruption. */
export interface Journal {
  get(key: string): Judgment | undefined
  append(key: string, judgment: Judgment): Promise<void>
  close(): Promise<void>
}

/** A journal that lasts as long as the process. */
export function createMemoryJournal(): Journal {
  const judgments = new Map<string, Judgment>()
  return {
    get: key => judgments.get(key),
    append: async (key, judgment) => {
      judgments.set(key, judgment)
    },
    close: async () => {},
  }
}
