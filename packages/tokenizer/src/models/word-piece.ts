import { TokenizerError } from '../errors/tokenizer-error.ts'
import type { PieceList, WordModel, WordUnits } from './piece-list.ts'
import { PieceTable } from './piece-table.ts'

/** A WordPiece model with its vocabulary. */
export interface WordPieceJson {
  type: 'WordPiece'
  unk_token: string
  continuing_subword_prefix: string
  max_input_chars_per_word: number
  vocab: Record<string, number>
}

/** WordPiece: of the pieces that a word begins with the longest, then the same with the rest. */
export class WordPiece implements WordModel {
  readonly #unknownId: number
  readonly #longestWord: number
  readonly #first: PieceTable = new PieceTable()
  readonly #continued: PieceTable = new PieceTable()

  /** @throws {TokenizerError} `missing-token` when the vocabulary lacks the unknown token. */
  constructor(json: WordPieceJson) {
    const { vocab, unk_token: token, continuing_subword_prefix: prefix } = json
    if (!Object.hasOwn(vocab, token)) {
      throw new TokenizerError('missing-token', { token, option: 'unknownToken' })
    }
    this.#unknownId = vocab[token]!
    this.#longestWord = json.max_input_chars_per_word
    for (const [piece, id] of Object.entries(vocab)) {
      this.#first.add(piece, id)
      if (piece.startsWith(prefix)) this.#continued.add(piece.slice(prefix.length), id)
    }
  }

  split(word: WordUnits, out: PieceList): void {
    const { units, starts, ends, length } = word
    const first = out.length
    const isLong = word.codePoints > this.#longestWord
    for (let at = 0; at < length; ) {
      const pieces = at === 0 ? this.#first : this.#continued
      const id = isLong ? -1 : pieces.longest(units, at, length)
      if (id < 0) {
        // One unknown piece in place of the whole word.
        out.length = first
        out.push(this.#unknownId, starts[0]!, ends[length - 1]!)
        return
      }
      out.push(id, starts[at]!, ends[pieces.end - 1]!)
      at = pieces.end
    }
  }
}
