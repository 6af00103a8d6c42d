import type { Criterion, Rubric } from '../rubric/rubric.ts'

/** A place where a reply names a criterion. */
export interface FoundLabel {
  criterion: Criterion
  start: number
  end: number
}

const expressions = new WeakMap<Rubric, { expression: RegExp; names: Map<string, Criterion> }>()

/** Between two names that name one other thing: `Plot coherence`, `creativity of the plot`. */
const joined = /^[^\S\n]{1,3}(?:(?:of|in|within)[^\S\n]{1,3}(?:(?:the|its|this)[^\S\n]{1,3})?)?$/i

/** All places where a normalized reply names a criterion, in order. Linear in the length of the reply. */
export function findLabels(text: string, rubric: Rubric): FoundLabel[] {
  const { expression, names } = expressionOf(rubric)
  const found: FoundLabel[] = []
  for (const match of text.matchAll(expression)) {
    const criterion = names.get(plain(match[0]))
    const { end: before = -1 } = found.at(-1) ?? {}
    const isPart = match.index - before < 20 && before >= 0 && joined.test(text.slice(before, match.index))
    if (criterion && !isPart)
      found.push({ criterion, start: match.index, end: match.index + match[0].length })
  }
  return found
}

function expressionOf(rubric: Rubric): { expression: RegExp; names: Map<string, Criterion> } {
  const known = expressions.get(rubric)
  if (known) return known
  const names = new Map<string, Criterion>()
  for (const criterion of rubric.criteria) {
    for (const name of [criterion.label, criterion.name, ...(criterion.aliases ?? [])])
      names.set(plain(name), criterion)
  }
  // The longest first, so that `age group` is not read as `age`.
  const alternatives = [...names.keys()]
    .sort((a, b) => b.length - a.length)
    .map(name => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll(' ', '[\\s-]{1,3}'))
  const expression = new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  const made = { expression, names }
  expressions.set(rubric, made)
  return made
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim()
}
