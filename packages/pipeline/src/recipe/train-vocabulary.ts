import type { Story, StoryStream } from '@tinystories/dataset'
import type { Tokenizer, TrainTokenizerOptions, TrainTokenizerProgress } from '@tinystories/tokenizer'
import { defaultVocabSize } from './small-corpus.ts'

const utf8 = new TextEncoder()

/** Text read to train a vocabulary, at most: more of it does not make a vocabulary of some thousand pieces better. */
const vocabularyTextBytes = 256 * 1024 * 1024

/** Options of {@link trainVocabulary}. */
export interface TrainVocabularyOptions {
  /** Pieces of the vocabulary. Default: by the size of the text. */
  vocabSize?: number | undefined
  /**
   * `gpt2` is byte-level BPE, which loses no character; `story` and `bert` are WordPiece. Default `gpt2`, but `story` for
   * fewer than 512 pieces, of which the bytes alone would take half.
   */
  style?: TrainTokenizerOptions['style'] | undefined
  /** Whether the prompts of the stories are part of the text. Default false. */
  prompts?: boolean
  signal?: AbortSignal | undefined
  onProgress?: ((progress: TrainTokenizerProgress) => void) | undefined
}

/**
 * Trains a vocabulary on stories. The same stories and size give the same vocabulary, which is smaller than
 * `vocabSize` where the stories cannot give so many pieces.
 */
export async function trainVocabulary(
  stories: StoryStream,
  { vocabSize, style, prompts = false, signal, onProgress }: TrainVocabularyOptions = {},
): Promise<Tokenizer> {
  // The recipe is loaded for its defaults too, such as those of the command line's flags.
  const { trainTokenizer } = await import('@tinystories/tokenizer')
  const until = signal === undefined ? {} : { signal }
  const size = vocabSize ?? defaultVocabSize(await countBytes(stories.iterate(until)))
  return trainTokenizer(textsOf(stories.iterate(until), prompts), {
    vocabSize: size,
    style: style ?? (size < 512 ? 'story' : 'gpt2'),
    ...until,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
}

async function countBytes(stories: AsyncIterable<Story>): Promise<number> {
  let bytes = 0
  for await (const text of textsOf(stories, false)) bytes += utf8.encode(text).length
  return bytes
}

async function* textsOf(stories: AsyncIterable<Story>, prompts: boolean): AsyncGenerator<string> {
  let bytes = 0
  for await (const { text: own, prompt } of stories) {
    const text = prompts && prompt !== undefined ? prompt + own : own
    yield text
    bytes += utf8.encode(text).length
    if (bytes > vocabularyTextBytes) return
  }
}
