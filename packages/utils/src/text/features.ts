/** Whether somebody speaks: words stand between quotation marks. */
export function hasDialogue(text: string): boolean {
  return /(?<![\p{L}\p{N}])["“„]\s*\p{L}[^"”“]*["”“]/u.test(text)
}

/** Words that are written with a capital in the middle of a sentence and name nobody. */
const noNames = new Set(
  `i i'm i'll i've i'd mr mrs ms dr sir mom mommy mum mummy dad daddy papa mama grandma grandpa granny
  monday tuesday wednesday thursday friday saturday sunday christmas halloween easter english god tv ok okay yes no oh
  once one the a an and but so then he she it they we you`
    .trim()
    .split(/\s+/),
)

/**
 * Names of those whom a story is about, as often as not in first place: words that stand at least twice with a capital in
 * the middle of a sentence, and never without one. The most frequent comes first, of equals the earlier.
 */
export function namesIn(text: string): string[] {
  const small = new Set(text.match(/(?<![\p{L}'’])\p{Ll}[\p{L}'’]*/gu)?.map(bare))
  const counts = new Map<string, number>()
  // Behind a letter, a comma or the like, so not where a sentence or what somebody says begins.
  for (const [, word] of text.matchAll(/(?<=[\p{L}\p{N},;:’'] )(\p{Lu}\p{Ll}[\p{L}'’]*)/gu)) {
    const name = bare(word!)
    const lower = name.toLowerCase()
    if (noNames.has(lower) || small.has(lower)) continue
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count >= 2)
    .sort((a, b) => b[1] - a[1])
    .map(([name]) => name)
}

const bare = (word: string): string => word.replace(/['’](?:s|d|ll|ve|re|m)?$/i, '')
