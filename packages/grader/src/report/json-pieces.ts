/** Lists of this depth hold the gradings of a report: `models`, a model, `items`. */
const LEVELS = 4

/**
 * What `JSON.stringify(value, null, 1)` gives, in pieces: a list of twenty thousand gradings as one text, and its bytes,
 * would take several times the memory of the gradings.
 */
export function* jsonPieces(value: unknown, level = 0): Generator<string> {
  if (level === LEVELS || typeof value !== 'object' || value === null) {
    const text = JSON.stringify(value, null, 1) ?? 'null'
    // No text in JSON holds a line break.
    yield level === 0 ? text : text.replaceAll('\n', `\n${' '.repeat(level)}`)
    return
  }
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const entries = Array.isArray(value)
    ? value.map(each => ['', each] as const)
    : Object.entries(value).flatMap(([name, each]) =>
        each === undefined ? [] : [[`${JSON.stringify(name)}: `, each] as const],
      )
  if (entries.length === 0) {
    yield `${open}${close}`
    return
  }
  const indent = `\n${' '.repeat(level + 1)}`
  for (const [i, [name, each]] of entries.entries()) {
    yield `${i === 0 ? open : ','}${indent}${name}`
    yield* jsonPieces(each, level + 1)
  }
  yield `\n${' '.repeat(level)}${close}`
}
