import { TokenizerError } from '../errors/errors.ts'
import { bertTemplate } from '../files/tokenizer-defaults.ts'
import type { TemplatePieceJson, WordPieceTokenizerJson } from '../files/tokenizer-json.ts'

/** One step of a template: put these ids in, or the text (0) or its pair (1). */
export type TemplateStep = { ids: number[]; typeId: number } | { text: 0 | 1; typeId: number }

/** What goes around a single text, and around a pair. */
export interface Template {
  single: TemplateStep[]
  pair: TemplateStep[]
}

/** No special tokens; a pair's texts follow each other with the type ids 0 and 1. */
const BARE: Template = {
  single: [{ text: 0, typeId: 0 }],
  pair: [
    { text: 0, typeId: 0 },
    { text: 1, typeId: 1 },
  ],
}

/** @throws {TokenizerError} naming a post-processor that is not supported or a token it does not define. */
export function createTemplate(json: WordPieceTokenizerJson['post_processor']): Template {
  if (json === null) return BARE
  if (json.type === 'BertProcessing') return createTemplate(bertTemplate(json.cls[1], json.sep[1]))
  if (json.type === 'TemplateProcessing') {
    const step = (piece: TemplatePieceJson): TemplateStep => {
      if ('Sequence' in piece)
        return { text: piece.Sequence.id === 'A' ? 0 : 1, typeId: piece.Sequence.type_id }
      const { id, type_id: typeId } = piece.SpecialToken
      const ids = json.special_tokens[id]?.ids
      if (ids === undefined) {
        throw new TokenizerError(
          `post_processor: the template uses ${JSON.stringify(id)}, special_tokens lacks it`,
        )
      }
      return { ids, typeId }
    }
    return { single: json.single.map(step), pair: json.pair.map(step) }
  }
  throw new TokenizerError(
    `post_processor: ${JSON.stringify((json as { type: string }).type)} is not supported; ` +
      'TemplateProcessing and BertProcessing are',
  )
}

/** The template when special tokens are not wanted: the texts alone. */
export function withoutSpecialTokens({ single, pair }: Template): Template {
  const isText = (step: TemplateStep): boolean => 'text' in step
  return { single: single.filter(isText), pair: pair.filter(isText) }
}

/** Number of special tokens that the steps put in. */
export function specialTokenCount(steps: readonly TemplateStep[]): number {
  return steps.reduce((sum, step) => sum + ('ids' in step ? step.ids.length : 0), 0)
}
