export { completeRecord, readSummary, summaryRequest } from './complete-record.ts'
export { countWords, type WordCounts } from './count-words.ts'
export { deriveRecord, type StoryRecord } from './derive-record.ts'
export { type InstructSettings, instructSettingsSchema } from './instruct-settings.ts'
export { type InstructOptions, instructStories } from './instruct-stories.ts'
export {
  type InstructTemplate,
  instructTemplateFile,
  instructTemplateSchema,
  instructTemplates,
  parseInstructTemplate,
} from './instruct-template.ts'
export {
  type DrawnInstruction,
  drawInstruction,
  type Instruction,
  type InstructionOptions,
  instructionFor,
  renderInstruction,
  wholeInstruction,
} from './instruction.ts'
export { type InstructionField, instructionFields, type TemplateProblem } from './instruction-fields.ts'
export { VocabularyIndex } from './vocabulary-index.ts'
