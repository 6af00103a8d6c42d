import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rubrics } from '../rubric/parse-rubric.ts'
import { parseScores } from './parse-scores.ts'

/** A reply with what may be read of grammar, creativity, consistency, plot and age: `8`, `?8` (8 or nothing), `-` (nothing). */
interface DecidedReply {
  reply: string
  expected: string
  completion?: string
  finishReason?: string
  rubric?: string
}

const names = ['grammar', 'creativity', 'consistency', 'plot', 'age']
const lines = readFileSync(new URL('../testing/decided-replies.jsonl', import.meta.url), 'utf8').trimEnd()
const replies = lines.split('\n').map(line => JSON.parse(line) as DecidedReply)

test('replies whose scores were decided before the parser saw them: nothing made up, nothing missed', () => {
  expect(replies.length).toBeGreaterThan(1000)
  const faults = replies.flatMap(({ reply, expected, rubric = 'story', ...options }) => {
    const { scores } = parseScores(reply, rubrics[rubric]!, options)
    const wanted = expected.split(' ')
    return names.flatMap((name, i) => {
      const found = String(scores[name] ?? '-')
      const want = wanted[i]!
      const isRight = found === want || (want.startsWith('?') && (found === '-' || found === want.slice(1)))
      return isRight ? [] : [`${name}: ${found} for ${want} in ${JSON.stringify(reply)}`]
    })
  })
  expect(faults).toEqual([])
})
