import type { TrainTokenizerOptions } from '@tinystories/tokenizer'
import type { ProgressLine } from './progress-line.ts'

/** Shows how far a vocabulary is in its training. */
export function vocabularyProgress(line: ProgressLine): Required<Pick<TrainTokenizerOptions, 'onProgress'>> {
  return {
    onProgress: ({ phase, done, total }) =>
      line.show(
        phase === 'counting'
          ? `vocabulary: ${done.toLocaleString('en')} stories read`
          : `vocabulary: ${done.toLocaleString('en')} of ${(total ?? done).toLocaleString('en')} pieces`,
      ),
  }
}
