import { TokenizerError } from '../errors/tokenizer-error.ts'

/** One element of a post-processing template. */
export type TemplatePieceJson =
  | { SpecialToken: { id: string; type_id: number } }
  | { Sequence: { id: 'A' | 'B'; type_id: number } }

/** Which special tokens go around a text, or a pair of texts. */
export interface TemplateProcessingJson {
  type: 'TemplateProcessing'
  single: TemplatePieceJson[]
  pair: TemplatePieceJson[]
  special_tokens: Record<string, { id: string; ids: number[]; tokens: string[] }>
}

/** One step of a template: insert these ids, or the text (0) or its pair (1). */
export type TemplateStep = { ids: number[]; typeId: number } | { text: 0 | 1; typeId: number }

/** What a token's range becomes; `index` is its place in its part of the text. */
export type TrimOffsets = (
  token: string,
  index: number,
  start: number,
  end: number,
) => [start: number, end: number]

/** What is done to the tokens of a single text, and of a pair. */
export interface Template {
  single: readonly TemplateStep[]
  pair: readonly TemplateStep[]
  /**
   * Whether the type ids count for what overflows, too; else it keeps 0 for the text and 1 for its pair, as in the
   * Rust library.
   */
  typesOverflow?: boolean
  /** Takes white space out of the ranges of the texts' tokens. */
  trim?: TrimOffsets | undefined
}

/** No special tokens; a pair's texts follow each other with the type ids 0 and 1. */
export const BARE: Template = {
  single: [{ text: 0, typeId: 0 }],
  pair: [
    { text: 0, typeId: 0 },
    { text: 1, typeId: 1 },
  ],
}

/** @throws {TokenizerError} `missing-token` when the template uses a token that it does not define. */
export function parseTemplate(json: TemplateProcessingJson): Template {
  const step = (piece: TemplatePieceJson): TemplateStep => {
    if ('Sequence' in piece)
      return { text: piece.Sequence.id === 'A' ? 0 : 1, typeId: piece.Sequence.type_id }
    const { id: token, type_id: typeId } = piece.SpecialToken
    const ids = json.special_tokens[token]?.ids
    if (ids === undefined) {
      throw new TokenizerError('missing-token', { token, option: 'post_processor.special_tokens' })
    }
    return { ids, typeId }
  }
  return { single: json.single.map(step), pair: json.pair.map(step) }
}

/** BERT's `[CLS] A [SEP]`, and with a pair `[CLS] A [SEP] B [SEP]`. */
export function bertTemplate(
  [cls, clsId]: readonly [token: string, id: number],
  [sep, sepId]: readonly [token: string, id: number],
): TemplateProcessingJson {
  const special = (id: string, type: 0 | 1) => ({ SpecialToken: { id, type_id: type } })
  const sequence = (id: 'A' | 'B', type: 0 | 1) => ({ Sequence: { id, type_id: type } })
  const single = [special(cls, 0), sequence('A', 0), special(sep, 0)]
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, sequence('B', 1), special(sep, 1)],
    special_tokens: {
      [cls]: { id: cls, ids: [clsId], tokens: [cls] },
      [sep]: { id: sep, ids: [sepId], tokens: [sep] },
    },
  }
}

/** The template when special tokens are not wanted: the texts alone. */
export function withoutSpecialTokens({ single, pair, trim }: Template): Template {
  const isText = (step: TemplateStep): boolean => 'text' in step
  return { single: single.filter(isText), pair: pair.filter(isText), trim }
}

/** Number of special tokens that the steps insert. */
export function specialTokenCount(steps: readonly TemplateStep[]): number {
  return steps.reduce((sum, step) => sum + ('ids' in step ? step.ids.length : 0), 0)
}
