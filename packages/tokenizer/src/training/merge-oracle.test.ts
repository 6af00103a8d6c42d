import { describe, expect, it } from 'vitest'
import { dataFile, readStories } from '../testing/data.ts'
import type { MergeCriterion } from './merge-trainer.ts'
import { trainTokenizer } from './train-tokenizer.ts'

/** The stories' words and how often each occurs, by BERT's rules, which for ASCII are these. */
function countWords(stories: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const story of stories) {
    for (const [word] of story.toLowerCase().matchAll(/[a-z0-9]+|[^\sa-z0-9]/g)) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  return counts
}

/** WordPiece training with everything recounted before each merge, over all words, those of one letter included. */
function trainPlainly(
  counts: ReadonlyMap<string, number>,
  special: readonly string[],
  criterion: MergeCriterion,
  size: number,
): string[] {
  const letters = [...new Set([...counts.keys()].join(''))].sort()
  const inside = new Set([...counts.keys()].flatMap(word => [...word].slice(1)))
  const pieces = [...special, ...letters, ...letters.filter(c => inside.has(c)).map(c => `##${c}`)]
  let words = [...counts].map(([word, count]) => ({
    symbols: [...word].map((c, i) => (i === 0 ? c : `##${c}`)),
    count,
  }))
  while (pieces.length < size) {
    const single = new Map<string, number>()
    const pairs = new Map<string, number>()
    for (const { symbols, count } of words) {
      for (const [i, symbol] of symbols.entries()) {
        single.set(symbol, (single.get(symbol) ?? 0) + count)
        if (i === 0) continue
        const pair = `${symbols[i - 1]} ${symbol}`
        pairs.set(pair, (pairs.get(pair) ?? 0) + count)
      }
    }
    const order = new Map(pieces.map((piece, i) => [piece, i]))
    let best: { left: string; right: string; score: number; count: number } | undefined
    for (const [pair, count] of pairs) {
      if (count < 2) continue
      const [left, right] = pair.split(' ') as [string, string]
      const score = criterion === 'frequency' ? count : count / (single.get(left)! * single.get(right)!)
      const isBetter =
        best === undefined ||
        score > best.score ||
        (score === best.score &&
          (count > best.count ||
            (count === best.count &&
              (order.get(left)! < order.get(best.left)! ||
                (left === best.left && order.get(right)! < order.get(best.right)!)))))
      if (isBetter) best = { left, right, score, count }
    }
    if (best === undefined) break
    const { left, right } = best
    const merged = left + right.slice(2)
    if (!order.has(merged)) pieces.push(merged)
    words = words.map(({ symbols, count }) => {
      if (!symbols.includes(left)) return { symbols, count }
      const joined: string[] = []
      for (let i = 0; i < symbols.length; i++) {
        const isPair = symbols[i] === left && symbols[i + 1] === right
        joined.push(isPair ? merged : symbols[i]!)
        if (isPair) i++
      }
      return { symbols: joined, count }
    })
  }
  return pieces
}

describe('1,000 merges on real stories', () => {
  const path = dataFile('tinystories/valid.txt')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is wanted
  const isAscii = (story: string) => /^[\x00-\x7f]*$/.test(story)

  it.skipIf(!path).each(['frequency', 'likelihood'] as const)(
    'are those that recounting chooses (%s)',
    async criterion => {
      const stories = readStories(path!).filter(isAscii).slice(0, 150)
      const tokenizer = await trainTokenizer(stories, { style: 'bert', vocabSize: 1100, criterion })
      const found = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id))
      const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
      expect(found).toEqual(trainPlainly(countWords(stories), special, criterion, 1100))
      expect(found.length - found.findIndex(piece => piece!.replace('##', '').length === 2)).toBeGreaterThan(
        1000,
      )
    },
  )
})
