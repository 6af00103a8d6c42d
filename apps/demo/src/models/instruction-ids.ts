import { type InstructTemplate, renderInstruction, wholeInstruction } from '@tinystories/dataset/instruct'
import type { Constraints } from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'

/**
 * The tokens that a model of instructions expects before a story: its template with what the story must have, as far as
 * the template has words for it. None for a model that only continues stories.
 */
export function instructionIds(
  { template, tokenizer }: { template: InstructTemplate | undefined; tokenizer: Tokenizer },
  { words = [], features = [] }: Constraints = {},
): number[] {
  if (template === undefined) return []
  const { values, order } = wholeInstruction({ words: [...words], features: [...features] })
  const known = order.filter(field => template.fields[field] !== undefined)
  const text = renderInstruction(template, { values, order: known })
  return Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids)
}
