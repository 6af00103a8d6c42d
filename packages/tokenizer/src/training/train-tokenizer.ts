import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { wholeNumber } from '../errors/checks.ts'
import { TokenizerError } from '../errors/tokenizer-error.ts'
import { byteLevelJson } from '../files/gpt2-files.ts'
import { styledTokenizerJson } from '../files/story-defaults.ts'
import { END_OF_TEXT } from '../files/tokenizer-defaults.ts'
import { createScanner } from '../scanners/create-scanner.ts'
import { type Scanner, WordBuffer } from '../scanners/scanner.ts'
import { TokenMatcher } from '../scanners/token-matcher.ts'
import { BYTE_CHARACTERS } from '../text/byte-characters.ts'
import { fromJson } from '../tokenizer/parse-tokenizer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { alphabetOf, type SeedPieces, seedPieces } from './alphabet.ts'
import { countWords } from './count-words.ts'
import { type MergeCriterion, MergeTrainer } from './merge-trainer.ts'
import type { TrainTokenizerProgress } from './progress.ts'
import { WordCounter } from './word-counter.ts'

/**
 * Options of {@link trainTokenizer}. Where a default depends on the style, it is given for `story`, `bert` and `gpt2`.
 */
export interface TrainTokenizerOptions {
  /**
   * `story` (default): WordPiece, cased, lossless, keeps line breaks. `bert`: WordPiece with BERT's normalizer and
   * split. `gpt2`: byte-level BPE with GPT-2's split, which spells any text and gives every byte back.
   */
  style?: 'story' | 'bert' | 'gpt2'
  /** Most pieces in the vocabulary, special tokens and alphabet included. Default 10,000. */
  vocabSize?: number
  /** Pairs that occur less often are not merged. Default 2. */
  minFrequency?: number
  /** Most characters in the alphabet, the initial ones included; the rarest are left out. Default: no limit. */
  limitAlphabet?: number
  /**
   * Characters that are in the alphabet whether the text has them or not. Default: printable ASCII and typographic
   * quotes, dashes and ellipsis; none; all bytes, to which `gpt2` keeps.
   */
  initialAlphabet?: string
  /** First pieces of the vocabulary. Default: `<|endoftext|> [UNK]`; BERT's five; `<|endoftext|>`. */
  specialTokens?: string[]
  /**
   * `frequency` (default): merge the most frequent pair, as Hugging Face's trainer does. `likelihood`: the pair
   * with the highest count(ab) / (count(a) x count(b)), WordPiece as it was defined; it learns rare words first
   * and needs clearly more pieces for the same stories (see the README).
   */
  criterion?: MergeCriterion
  /** For `bert`: lower-case and strip accents. Default true. */
  lowercase?: boolean
  /** For WordPiece: prefix of pieces that go on inside a word. Default `##`. */
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

/** What a style of vocabulary starts from, and the file that it ends as. */
interface Style {
  specialTokens: string[]
  initialAlphabet: string
  /** Prefix of pieces that go on inside a word; empty for none. */
  prefix: string
  /** Whether every character has a piece at the beginning of a word and one inside. */
  isLossless: boolean
  json(vocab: ReadonlyMap<string, number>, merges: readonly [string, string][]): TokenizerJson
}

function styleOf(options: TrainTokenizerOptions): Style {
  const { style = 'story', continuingPrefix: prefix = '##', lowercase = true } = options
  const special = options.specialTokens && [...new Set(options.specialTokens)]
  if (style === 'gpt2') {
    const specialTokens = special ?? [END_OF_TEXT]
    return {
      specialTokens,
      initialAlphabet: BYTE_CHARACTERS.join(''),
      prefix: '',
      isLossless: false,
      json: (vocab, merges) => byteLevelJson(Object.fromEntries(vocab), merges, specialTokens),
    }
  }
  if (prefix === '') {
    throw new TokenizerError('invalid-option', {
      option: 'continuingPrefix',
      value: prefix,
      expected: 'a mark such as "##"',
    })
  }
  const isBert = style === 'bert'
  const specialTokens = special ?? (isBert ? BERT_SPECIAL_TOKENS : [END_OF_TEXT])
  if (!specialTokens.includes(UNKNOWN)) specialTokens.push(UNKNOWN)
  return {
    specialTokens,
    initialAlphabet: options.initialAlphabet ?? (isBert ? '' : STORY_ALPHABET),
    prefix,
    isLossless: !isBert,
    json: vocab => styledTokenizerJson(vocab, { style, lowercase, continuingPrefix: prefix, specialTokens }),
  }
}

/**
 * Trains a vocabulary. The result depends on the texts and options alone: bit-exact whatever their order. Where the
 * texts cannot give `vocabSize` pieces (no pair occurs `minFrequency` times any more), the tokenizer's `vocabSize` is
 * smaller than what was asked for; compare the two. A word of more than 256 UTF-16 units, such as a text without
 * blanks, is learned from in parts of that length.
 *
 * @throws {TokenizerError} on texts without a word, a `vocabSize` too small for the alphabet, invalid options.
 */
export async function trainTokenizer(
  texts: AsyncIterable<string> | Iterable<string>,
  options: TrainTokenizerOptions = {},
): Promise<Tokenizer> {
  const { vocabSize = 10_000, minFrequency = 2, criterion = 'frequency', onProgress, signal } = options
  const { maxWords = 1_000_000, items = 'texts' } = options
  wholeNumber('vocabSize', vocabSize, 1)
  wholeNumber('minFrequency', minFrequency, 1)
  wholeNumber('maxWords', maxWords, 1)
  if (options.limitAlphabet !== undefined) wholeNumber('limitAlphabet', options.limitAlphabet, 1)
  const { specialTokens, initialAlphabet, prefix, isLossless, json } = styleOf(options)

  const empty = json(new Map(specialTokens.map((token, id) => [token, id])), [])
  const scanner = createScanner(empty, prefix.charAt(0))
  const special = new TokenMatcher(empty.added_tokens)
  const counter = new WordCounter(maxWords)
  await countWords(texts, items, { scanner, special, counter, onProgress, signal })
  const words = normalizedWords(counter, scanner)
  if (words.size === 0) throw new TokenizerError('no-words', {})

  const alphabet = alphabetOf(words, { initial: initialAlphabet, limit: options.limitAlphabet })
  const seed = seedPieces(words, alphabet, { specialTokens, prefix, lossless: isLossless })
  if (seed.pieces.length > vocabSize) {
    throw new TokenizerError('vocabulary-too-small', { vocabSize, smallest: seed.pieces.length })
  }
  const learned = await learn(seed, { vocabSize, criterion, minFrequency, prefix, onProgress, signal })
  return fromJson(json(new Map(learned.pieces.map((piece, id) => [piece, id])), learned.merges))
}

/** Adds pieces by merging pairs; also gives the merges in their order. */
async function learn(
  { pieces, words, counts }: SeedPieces,
  options: Pick<TrainTokenizerOptions, 'onProgress' | 'signal'> & {
    vocabSize: number
    criterion: MergeCriterion
    minFrequency: number
    prefix: string
  },
): Promise<{ pieces: string[]; merges: [left: string, right: string][] }> {
  const { vocabSize, criterion, minFrequency, prefix, onProgress, signal } = options
  const ids = new Map(pieces.map((piece, id) => [piece, id]))
  const trainer = new MergeTrainer(words, counts, criterion, minFrequency)
  const merges: [string, string][] = []
  while (pieces.length < vocabSize) {
    if (merges.length % MERGES_PER_TURN === 0) {
      onProgress?.({ phase: 'merging', done: pieces.length, total: vocabSize })
      // Lets timers, signals and a page's drawing have their turn.
      await new Promise(resolve => setTimeout(resolve))
      signal?.throwIfAborted()
    }
    const best = trainer.best()
    if (best === undefined) break
    const [left, right] = [pieces[best.left]!, pieces[best.right]!]
    merges.push([left, right])
    const piece = left + right.slice(prefix.length)
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
  return { pieces, merges }
}

/** Different raw words may normalize to the same word. */
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
