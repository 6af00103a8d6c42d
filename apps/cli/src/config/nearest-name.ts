/**
 * The name that was probably meant: the one that takes the fewest changed letters, at most two of five.
 *
 * @returns undefined where none is near
 */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  // As people write flags: vocab-size, vocab_size, --vocab-size.
  const plain = (name: string): string => name.replaceAll(/[-_\s]/g, '').toLowerCase()
  let nearest: string | undefined
  let least = Math.floor(plain(wanted).length * 0.4) + 1
  for (const name of names) {
    const distance = editDistance(plain(wanted), plain(name))
    if (distance < least) [nearest, least] = [name, distance]
  }
  return nearest
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
