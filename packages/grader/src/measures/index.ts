export { answerPrompts } from '../content/answer-prompts.ts'
export {
  type Answer,
  type AnswerPrompt,
  checkAnswer,
  type PromptKind,
  parseAnswerPrompts,
} from './answer-prompts.ts'
export { checkInstruction, type InstructionCheck } from './check-instruction.ts'
export { type CorpusOverlap, type CorpusOverlapOptions, corpusOverlap } from './corpus-overlap.ts'
export {
  type AnswerSummary,
  type MeasuresSummary,
  measureCompletions,
  type ShareSummary,
} from './measure-completions.ts'
export { measuresSchema, parseMeasures } from './measures-schema.ts'
