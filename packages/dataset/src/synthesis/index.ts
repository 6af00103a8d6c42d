export { type InstructionOptions, instructionFor } from '../instruct/instruction.ts'
export { Diversity, type DiversityReport } from './diversity.ts'
export type { SynthesisLine, SynthesisNote } from './output-file.ts'
export { readSynthesis } from './read-synthesis.ts'
export { storyFeatures } from './story-features.ts'
export { type StoryPlan, storyPlans } from './story-plan.ts'
export { storyRequest } from './story-request.ts'
export type { SynthesisClient } from './synthesis-client.ts'
export { SynthesisError, type SynthesisErrorDetails } from './synthesis-error.ts'
export {
  type SynthesisOptions,
  type SynthesisProgress,
  type SynthesisReport,
  synthesizeStories,
} from './synthesize-stories.ts'
export { type StoryVocabulary, storyVocabulary } from './vocabulary.ts'
