/** A word is spelled in code points; a lone surrogate is none and cannot be stored in a file. */
const loneSurrogate = /\p{Surrogate}/u

/** Characters of an alphabet, in order of their code points. */
export function alphabetOf(
  words: ReadonlyMap<string, number>,
  { initial, limit }: { initial: string; limit: number | undefined },
): string[] {
  const counts = new Map<string, number>()
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count)
  }
  for (const character of initial) counts.set(character, Number.POSITIVE_INFINITY)
  const byCodePoint = (a: string, b: string) => a.codePointAt(0)! - b.codePointAt(0)!
  const characters = [...counts.keys()].filter(character => !loneSurrogate.test(character)).sort(byCodePoint)
  if (limit === undefined || characters.length <= limit) return characters
  // The sort is stable: of equally frequent characters the lower code point stays.
  const frequent = characters.sort((a, b) => {
    const [x, y] = [counts.get(a)!, counts.get(b)!]
    return x === y ? 0 : y - x
  })
  return frequent.slice(0, limit).sort(byCodePoint)
}

/** The pieces that training starts from, and the words spelled in them. */
export interface SeedPieces {
  pieces: string[]
  /** Numbers of the pieces of each word; words that the alphabet cannot spell are left out. */
  words: Int32Array[]
  /** How often each word occurs. */
  counts: number[]
}

/**
 * Special tokens, each character as the beginning of a word, each character inside a word. A `lossless`
 * vocabulary has both forms of every character, so that it spells whatever the alphabet allows, and line
 * breaks as pieces of their own; otherwise a character has the second form if the text shows it so.
 */
export function seedPieces(
  words: ReadonlyMap<string, number>,
  alphabet: readonly string[],
  options: { specialTokens: readonly string[]; prefix: string; lossless: boolean },
): SeedPieces {
  const { specialTokens, prefix, lossless } = options
  const inside = new Set<string>(lossless ? alphabet : undefined)
  if (!lossless) {
    for (const word of words.keys()) for (const character of [...word].slice(1)) inside.add(character)
  }
  inside.delete('\n')
  const pieces = new Set<string>(specialTokens)
  // Whole-word pieces: the split never puts a line break into a longer word.
  if (lossless) for (const lineBreak of ['\n', '\n\n']) pieces.add(lineBreak)
  for (const character of alphabet) pieces.add(character)
  for (const character of alphabet) if (inside.has(character)) pieces.add(prefix + character)

  const ids = new Map([...pieces].map((piece, id) => [piece, id]))
  const spelled: SeedPieces = { pieces: [...pieces], words: [], counts: [] }
  for (const [word, count] of words) {
    // A word that is a piece already is not merged, but its piece counts.
    const whole = ids.get(word)
    const symbols = whole === undefined ? [...word].map((c, i) => ids.get(i === 0 ? c : prefix + c)) : [whole]
    if (symbols.includes(undefined)) continue
    spelled.words.push(Int32Array.from(symbols as number[]))
    spelled.counts.push(count)
  }
  return spelled
}
