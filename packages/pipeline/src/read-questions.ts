import { readLines } from '@tinystories/utils/disk'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'

const questionSchema = v.pipe(
  v.strictObject({
    prompt: v.optional(v.string(), ''),
    endings: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1)),
    right: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  }),
  v.check(({ endings, right = 0 }) => right < endings.length, 'right to be the place of an ending, from 0'),
)

/** A prompt with endings to be scored. */
export interface Question {
  prompt: string
  /** Each begins with a blank where a new word begins. */
  endings: string[]
  /** Place of the right ending, from 0, where one is. */
  right?: number | undefined
}

/** Checks one that came from outside. @throws InputError */
export function parseQuestion(value: unknown, source: string): Question {
  return parseValue(questionSchema, value, source)
}

/**
 * Reads the questions of a file of JSON lines, `{"prompt": "…", "endings": ["…"], "right": 0}`. A line has 1 MiB at most.
 *
 * @throws FileError; InputError, which names the line
 */
export async function readQuestions(file: string): Promise<Question[]> {
  const questions: Question[] = []
  for await (const { text, number } of readLines(file, { maxLineBytes: 2 ** 20 })) {
    if (text.trim() === '') continue
    const source = `${file}, line ${number}`
    questions.push(parseQuestion(parseJson(text, { source }), source))
  }
  return questions
}
