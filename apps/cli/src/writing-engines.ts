import { type EngineName, engineNames } from '@tinystories/trainer'

/** What can write: an engine of the trainer, or `packed`, the model package's own kernels. */
export type WritingEngine = 'packed' | EngineName

export const writingEngines: readonly WritingEngine[] = ['packed', ...engineNames]
