/** What opening a published model needs beyond the core, loaded when first used. */
export { loadPretrained } from './pretrained.ts'
export { parseVocabText } from './vocab-text.ts'
