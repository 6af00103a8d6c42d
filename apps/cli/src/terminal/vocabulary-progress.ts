import type { TrainTokenizerProgress } from '@tinystories/tokenizer'
import type { ProgressLine } from './progress-line.ts'

/** Shows how far the training of a vocabulary is. */
export function showVocabulary(line: ProgressLine, { phase, done, total }: TrainTokenizerProgress): void {
  line.show(
    phase === 'counting'
      ? `vocabulary: ${done.toLocaleString('en')} stories read`
      : `vocabulary: ${done.toLocaleString('en')} of ${(total ?? done).toLocaleString('en')} pieces`,
  )
}
