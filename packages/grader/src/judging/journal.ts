import type { Judgement } from './grading.ts'

/** Where judgements are kept as they come, so that a run can go on after any interruption. */
export interface Journal {
  get(key: string): Judgement | undefined
  append(key: string, judgement: Judgement): Promise<void>
  close(): Promise<void>
}

/** A journal that lasts as long as the process. */
export function memoryJournal(): Journal {
  const judgements = new Map<string, Judgement>()
  return {
    get: key => judgements.get(key),
    append: async (key, judgement) => {
      judgements.set(key, judgement)
    },
    close: async () => {},
  }
}
