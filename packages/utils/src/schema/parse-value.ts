import { type GenericSchema, getDotPath, type InferOutput, safeParse } from 'valibot'
import { InputError } from './errors.ts'

/** What is expected, for checks of which valibot says only that they failed. */
const words: Readonly<Record<string, string>> = {
  safe_integer: 'a whole number',
  integer: 'a whole number',
  finite: 'a finite number',
}

/**
 * Checks a value from outside against a schema.
 *
 * @param source the file or address that the value came from, for errors
 * @returns the value as the schema types it
 * @throws InputError `invalid-value`, naming the first place that does not fit, what was expected and what was found
 */
export function parseValue<const Schema extends GenericSchema>(
  schema: Schema,
  value: unknown,
  source: string,
): InferOutput<Schema> {
  const result = safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  throw new InputError('invalid-value', {
    source,
    path: getDotPath(issue) ?? '',
    expected: issue.expected ?? words[issue.type] ?? issue.message,
    received: issue.received,
  })
}
