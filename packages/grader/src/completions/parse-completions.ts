import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { GraderError } from '../errors.ts'
import { hashText } from '../hash.ts'
import type { Completion } from './completion.ts'
import { idSchema, instructionFields, instructionOf, trialSchema } from './completion-schema.ts'

const text = v.optional(v.string())
const line = v.pipe(
  v.object({
    prompt: text,
    /** The fields' names in files of earlier releases. */
    beginning: text,
    beginningId: v.optional(idSchema),
    completion: text,
    text,
    promptId: v.optional(idSchema),
    trial: v.optional(trialSchema),
    reference: text,
    /** A program may keep what was asked in an object of its own. */
    instruction: v.optional(
      v.union([
        v.object(instructionFields),
        v.pipe(
          v.string(),
          v.transform(() => ({})),
        ),
      ]),
    ),
    ...instructionFields,
  }),
  v.transform(
    ({ prompt, beginning, beginningId, completion, text: written, promptId, trial, reference, ...rest }) => {
      const instruction = instructionOf({ ...rest.instruction, ...instructionOf(rest) })
      return {
        prompt: prompt ?? beginning ?? (instruction ? '' : undefined),
        text: completion ?? written,
        promptId: promptId ?? beginningId,
        trial,
        reference,
        instruction,
      }
    },
  ),
  v.forward(
    v.check(({ prompt }) => prompt !== undefined, 'a text'),
    ['prompt'],
  ),
  v.forward(
    v.check(({ text: written }) => written !== undefined, 'a text in the field "completion"'),
    ['text'],
  ),
)

/**
 * Parses completions: JSON lines or a JSON list of objects with `completion` (or `text`), `prompt` (may be missing
 * where an instruction is given) and, where known, `promptId` (default: a hash of the prompt), `trial` (default:
 * counted for each prompt), `reference`, `words`, `sentence`, `features`, `summary`. A completion that repeats its
 * prompt loses it.
 *
 * @param content the file's content
 * @param source names the file in errors
 * @throws InputError with the line or item and the field, GraderError `no-items` or `duplicate-id`
 */
export function parseCompletions(content: string, source: string): Completion[] {
  const trials = new Map<string, number>()
  const seen = new Map<string, string>()
  const completions: Completion[] = []
  for (const { value, place } of jsonItems(content, source)) {
    const fields = parseValue(line, value, `${source}, ${place}`)
    const { prompt = '', text: written = '', instruction, reference } = fields
    const promptId = fields.promptId ?? hashText(`${prompt}${JSON.stringify(instruction) ?? ''}`, 8)
    const trial = fields.trial ?? trials.get(promptId) ?? 0
    trials.set(promptId, trial + 1)
    const id = `${promptId}, trial ${trial}`
    const first = seen.get(id)
    if (first !== undefined) throw new GraderError('duplicate-id', { source, place, id, first })
    seen.set(id, place)
    completions.push({
      promptId,
      trial,
      prompt,
      text: prompt !== '' && written.startsWith(prompt) ? written.slice(prompt.length) : written,
      ...(instruction ? { instruction } : {}),
      ...(reference === undefined ? {} : { reference }),
    })
  }
  if (completions.length === 0) throw new GraderError('no-items', { source, items: 'completions' })
  return completions
}

/** One line of a file of completions. */
export function completionLine({ text: completion, instruction, ...rest }: Completion): string {
  return JSON.stringify({ ...rest, completion, ...instruction })
}

/** The values of JSON lines or of a JSON list, each with its place. Windows editors put a byte order mark first. */
export function* jsonItems(content: string, source: string): Generator<{ value: unknown; place: string }> {
  const body = content.replace(/^\ufeff/, '')
  if (/^\s*\[/.test(body)) {
    const list = parseJson(body, { source }) as unknown[]
    for (const [i, value] of list.entries()) yield { value, place: `item ${i + 1}` }
    return
  }
  let number = 0
  for (const row of body.split(/\r?\n/)) {
    number++
    if (row.trim() === '') continue
    const place = `line ${number}`
    yield { value: parseJson(row, { source: `${source}, ${place}` }), place }
  }
}
