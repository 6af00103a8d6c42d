import type { Random } from '@tinystories/utils/random'
import { Random as SeededRandom } from '@tinystories/utils/random'
import { sentencesOf } from '@tinystories/utils/text'
import type { Story } from '../stream/story.ts'
import { type InstructTemplate, instructTemplates } from './instruct-template.ts'
import { type InstructionField, instructionFields } from './instruction-fields.ts'

/** What a story is asked for. */
export type Instruction = Pick<Story, InstructionField>

/** Options of {@link instructionFor}. */
export interface InstructionOptions {
  seed: number
  /** Place of the story, so that each draws differently. */
  index: number
  /** Never summary and words together, to test later whether a model can follow both. Default false. */
  ood?: boolean
}

/**
 * An instruction for a story, as TinyStories-Instruct has them: a random subset of words, features, summary and a random
 * sentence of the story (never its first), one line each in random order, then `Story:`.
 *
 * @returns what to add to the story: the instruction as `prompt`, and its `sentence` where there is one
 */
export function instructionFor(
  story: Story,
  { seed, index, ood = false }: InstructionOptions,
): { prompt: string; sentence?: string } {
  const drawn = drawInstruction(story, new SeededRandom(seed).stream('instruction', index), { ood })
  const { sentence } = drawn.values
  return {
    prompt: renderInstruction(instructTemplates.tinystories, drawn).trimEnd(),
    ...(drawn.order.includes('sentence') ? { sentence: sentence! } : {}),
  }
}

/** What is asked for, and in which order. */
export interface DrawnInstruction {
  values: Instruction
  order: readonly InstructionField[]
}

/**
 * Draws a subset of what is known of a story, at least one field where there is one, in random order. The sentence is the
 * story's own where it has one, else any but the first.
 *
 * @param allowed fields that may be asked for. Default: all
 * @param ood never summary and words together. Default false
 */
export function drawInstruction(
  story: Story,
  random: Random,
  { ood = false, allowed = instructionFields }: { ood?: boolean; allowed?: readonly InstructionField[] } = {},
): DrawnInstruction {
  const later = sentencesOf(story.text).slice(1)
  const other = later[random.integer(Math.max(1, later.length))]
  const values = {
    ...valuesOf(story),
    ...((story.sentence ?? other) ? { sentence: story.sentence ?? other! } : {}),
  }
  const known = instructionFields.filter(field => field in values && allowed.includes(field))
  // Every subset that holds at least one is as likely as any other.
  const subset = known.length === 0 ? 0 : 1 + random.integer(2 ** known.length - 1)
  const order = random.shuffle(known.filter((_, i) => (subset >> i) & 1))
  if (!ood || !order.includes('words') || !order.includes('summary')) return { values, order }
  const dropped = random.integer(2) === 0 ? 'words' : 'summary'
  return { values, order: order.filter(field => field !== dropped) }
}

/** What is known of a story, without what is empty. */
function valuesOf({ words, features, summary }: Story): Instruction {
  return {
    ...(words?.length ? { words } : {}),
    ...(features?.length ? { features } : {}),
    ...(summary ? { summary } : {}),
  }
}

/** The fields that are given, in the usual order. */
export function wholeInstruction(values: Instruction): DrawnInstruction {
  const present = {
    ...valuesOf({ text: '', ...values }),
    ...(values.sentence ? { sentence: values.sentence } : {}),
  }
  return { values: present, order: instructionFields.filter(field => field in present) }
}

/** The text before a story: a template with the fields in their order. Line breaks in a field become blanks. */
export function renderInstruction(template: InstructTemplate, { values, order }: DrawnInstruction): string {
  const lines = order.map(field => {
    const value = values[field]!
    const text = typeof value === 'string' ? value : value.join(', ')
    // A function: `$&` in a story is no pattern.
    return template.fields[field]!.replace('{value}', () => text.replaceAll(/\s+/g, ' ').trim())
  })
  const prompt = template.text.slice(0, -'{story}'.length)
  if (lines.length > 0) return prompt.replace('{fields}', () => lines.join(template.separator))
  return prompt.replace(/\{fields\}\s*/, '')
}
