export { hasDialogue, namesIn } from './features.ts'
export { lemmas } from './lemmas.ts'
export { sentencesOf } from './sentences.ts'
export { countWords, wordsOf } from './words.ts'
