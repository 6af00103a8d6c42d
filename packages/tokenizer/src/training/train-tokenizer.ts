import { wholeNumber } from '../errors/checks.ts'
import { TokenizerError } from '../errors/tokenizer-error.ts'
import { styledTokenizerJson } from '../files/story-defaults.ts'
import { END_OF_TEXT } from '../files/tokenizer-defaults.ts'
import { createScanner } from '../scanners/create-scanner.ts'
import { type Scanner, WordBuffer } from '../scanners/scanner.ts'
import { TokenMatcher } from '../scanners/token-matcher.ts'
import { fromJson } from '../tokenizer/parse-tokenizer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { alphabetOf, type SeedPieces, seedPieces } from './alphabet.ts'
import { countWords } from './count-words.ts'
import { type MergeCriterion, MergeTrainer } from './merge-trainer.ts'
import { WordCounter } from './word-counter.ts'

/** How far {@link trainTokenizer} has come. */
export interface TrainTokenizerProgress {
  /** `counting`: `done` texts read. `merging`: `done` of `total` pieces found. */
  phase: 'counting' | 'merging'
  done: number
  /** Unknown while counting. */
  total: number | undefined
}

/** Options of {@link trainTokenizer}. */
export interface TrainTokenizerOptions {
  /** Most pieces in the vocabulary, special tokens and alphabet included. Default 10,000. */
  vocabSize?: number
  /** Pairs that occur less often are not merged. Default 2. */
  minFrequency?: number
  /** Most characters in the alphabet, the initial ones included; the rarest are left out. Default: no limit. */
  limitAlphabet?: number
  /**
   * Characters that are in the alphabet whether the text has them or not. Default for `story`: printable ASCII
   * and typographic quotes, dashes and ellipsis, so that any such text can be spelt; for `bert` none.
   */
  initialAlphabet?: string
  /** First pieces of the vocabulary. Default for `story`: `<|endoftext|> [UNK]`; for `bert` BERT's five. */
  specialTokens?: string[]
  /**
   * `frequency` (default): merge the most frequent pair, as Hugging Face's trainer does. `likelihood`: the pair
   * with the highest count(ab) / (count(a) x count(b)), WordPiece as it was defined; it learns rare words first
   * and needs clearly more pieces for the same stories (see the README).
   */
  criterion?: MergeCriterion
  /** `story` (default): cased, lossless, keeps line breaks. `bert`: BERT's normaliser and split. */
  style?: 'story' | 'bert'
  /** For `bert`: lower-case and strip accents. Default true. */
  lowercase?: boolean
  /** Prefix of pieces that go on inside a word. Default `##`. */
  continuingPrefix?: string
  /**
   * What the items are: whole texts (default), or pieces of one `stream`, cut anywhere, in order. A stream is
   * held back to the last blank between two letters, and gives the same vocabulary however it is cut.
   */
  items?: 'texts' | 'stream'
  /**
   * Most distinct words kept while counting, about 60 bytes each. When it is reached, the rarest are forgotten
   * until at most half are left, so that rare words of a huge text may count for less. Default 1,000,000.
   */
  maxWords?: number
  /** Called now and then. */
  onProgress?: (progress: TrainTokenizerProgress) => void
  /** Stops the training with the signal's reason. */
  signal?: AbortSignal
}

const STORY_ALPHABET = `${String.fromCharCode(...Array.from({ length: 95 }, (_, i) => i + 32))}‘’“”–—…`
const BERT_SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const UNKNOWN = '[UNK]'
const MERGES_PER_TURN = 512

/**
 * Trains a WordPiece vocabulary. The result depends on the texts and options alone: the same to the byte
 * whatever their order. Where the texts cannot give `vocabSize` pieces (no pair occurs `minFrequency` times
 * any more), the tokenizer's `vocabSize` is smaller than what was asked for; compare the two.
 *
 * @throws {TokenizerError} on texts without a word, a `vocabSize` too small for the alphabet, bad options.
 */
export async function trainTokenizer(
  texts: AsyncIterable<string> | Iterable<string>,
  options: TrainTokenizerOptions = {},
): Promise<Tokenizer> {
  const {
    style = 'story',
    vocabSize = 10_000,
    minFrequency = 2,
    criterion = 'frequency',
    onProgress,
    signal,
  } = options
  const { continuingPrefix: prefix = '##', lowercase = true, maxWords = 1_000_000, items = 'texts' } = options
  wholeNumber('vocabSize', vocabSize, 1)
  wholeNumber('minFrequency', minFrequency, 1)
  wholeNumber('maxWords', maxWords, 1)
  if (options.limitAlphabet !== undefined) wholeNumber('limitAlphabet', options.limitAlphabet, 1)
  if (prefix === '')
    throw new TokenizerError('invalid-option', {
      option: 'continuingPrefix',
      value: prefix,
      expected: 'a mark such as "##"',
    })
  const specialTokens = [...new Set(options.specialTokens ?? defaultSpecialTokens(style))]
  if (!specialTokens.includes(UNKNOWN)) specialTokens.push(UNKNOWN)
  const vocabOptions = { style, lowercase, continuingPrefix: prefix, specialTokens }

  const scanner = createScanner(styledTokenizerJson(new Map(), vocabOptions), prefix.charAt(0))
  const counter = new WordCounter(maxWords)
  const numbered = new Map(specialTokens.map((token, id) => [token, id]))
  const special = new TokenMatcher(styledTokenizerJson(numbered, vocabOptions).added_tokens)
  await countWords(texts, items, { scanner, special, counter, onProgress, signal })
  const words = normalizedWords(counter, scanner)
  if (words.size === 0) throw new TokenizerError('no-words', {})

  const alphabet = alphabetOf(words, {
    initial: options.initialAlphabet ?? (style === 'story' ? STORY_ALPHABET : ''),
    limit: options.limitAlphabet,
  })
  const seed = seedPieces(words, alphabet, { specialTokens, prefix, lossless: style === 'story' })
  if (seed.pieces.length > vocabSize) {
    throw new TokenizerError('vocabulary-too-small', { vocabSize, smallest: seed.pieces.length })
  }
  const pieces = await learn(seed, { vocabSize, criterion, minFrequency, prefix, onProgress, signal })
  const vocab = new Map(pieces.map((piece, id) => [piece, id]))
  return fromJson(styledTokenizerJson(vocab, vocabOptions))
}

async function learn(
  { pieces, words, counts }: SeedPieces,
  options: Pick<TrainTokenizerOptions, 'onProgress' | 'signal'> & {
    vocabSize: number
    criterion: MergeCriterion
    minFrequency: number
    prefix: string
  },
): Promise<string[]> {
  const { vocabSize, criterion, minFrequency, prefix, onProgress, signal } = options
  const ids = new Map(pieces.map((piece, id) => [piece, id]))
  const trainer = new MergeTrainer(words, counts, criterion, minFrequency)
  for (let merges = 0; pieces.length < vocabSize; merges++) {
    if (merges % MERGES_PER_TURN === 0) {
      onProgress?.({ phase: 'merging', done: pieces.length, total: vocabSize })
      // Lets timers, signals and a page's drawing have their turn.
      await new Promise(resolve => setTimeout(resolve))
      signal?.throwIfAborted()
    }
    const best = trainer.best()
    if (best === undefined) break
    const piece = pieces[best.left]! + pieces[best.right]!.slice(prefix.length)
    // Two ways to build one piece share its id.
    let id = ids.get(piece)
    if (id === undefined) {
      id = pieces.length
      ids.set(piece, id)
      pieces.push(piece)
    }
    trainer.merge(best.left, best.right, id)
  }
  onProgress?.({ phase: 'merging', done: pieces.length, total: pieces.length })
  return pieces
}

/** Different raw words may normalise to the same word. */
function normalizedWords(counter: WordCounter, scanner: Scanner): Map<string, number> {
  const words = new Map<string, number>()
  const buffer = new WordBuffer()
  for (const [raw, count] of counter.entries()) {
    scanner.normalizeWord(raw, 0, raw.length, buffer)
    const word = buffer.toString()
    if (word !== '') words.set(word, (words.get(word) ?? 0) + count)
  }
  return words
}

function defaultSpecialTokens(style: 'story' | 'bert'): string[] {
  return style === 'bert' ? BERT_SPECIAL_TOKENS : [END_OF_TEXT, UNKNOWN]
}
