import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storyRubric } from '../rubric/story-rubric.ts'
import { data, hasData } from '../testing/data.ts'
import { type JudgeReplyCase, judgeReplies } from '../testing/judge-replies.ts'
import { repliesInOtherForms } from '../testing/replies-in-other-forms.ts'
import { repliesOfToday } from '../testing/replies-of-today.ts'
import { repliesThatMislead } from '../testing/replies-that-mislead.ts'
import { parseScores } from './parse-scores.ts'

const { replies: smallModel } = JSON.parse(
  readFileSync(new URL('../../goldens/small-model-judge.json', import.meta.url), 'utf8'),
) as { replies: (JudgeReplyCase & { why: string })[] }

/** What was read that must not be, and what was not read that has to be. */
function faults({ reply, expected, ...options }: JudgeReplyCase): { madeUp: string[]; missed: string[] } {
  const { scores } = parseScores(reply, storyRubric, options)
  const madeUp: string[] = []
  const missed: string[] = []
  for (const { name } of storyRubric.criteria) {
    const wanted = String(expected[name] ?? '?')
    const found = scores[name]
    if (found !== undefined && String(found) !== wanted.replace('?', '')) madeUp.push(`${name}: ${found}`)
    if (found === undefined && !wanted.startsWith('?')) missed.push(`${name}: ${wanted}`)
  }
  return { madeUp, missed }
}

describe.each(Object.entries(judgeReplies))('%s', (_, replies) => {
  test.each(replies.map(each => [each.reply, each] as const))('%s', (_, each) => {
    expect(faults(each)).toEqual({ madeUp: [], missed: [] })
  })
})

test.each(Object.entries({ ...repliesOfToday, ...repliesInOtherForms, ...repliesThatMislead }))(
  '%s: nothing made up, nothing missed',
  (_, replies) => {
    for (const each of replies) expect(faults(each), each.reply).toEqual({ madeUp: [], missed: [] })
  },
)

// Read by hand. The model repeats, counts, and breaks off.
test.each(smallModel.map(each => [each.why, each] as const))('of a real small model: %s', (_, each) => {
  expect(faults(each)).toEqual({ madeUp: [], missed: [] })
})

test.skipIf(!hasData('gradings/judge-replies'))(
  '46 replies in the styles of judges of today: nothing made up',
  () => {
    const replies = JSON.parse(
      readFileSync(`${data}/gradings/judge-replies/replies.json`, 'utf8'),
    ) as JudgeReplyCase[]
    expect(replies).toHaveLength(46)
    const all = replies.map(faults)
    expect(all.flatMap(({ madeUp }) => madeUp)).toEqual([])
    // At most 5 % of the 143 fields that have to be read.
    expect(all.flatMap(({ missed }) => missed).length).toBeLessThanOrEqual(7)
  },
)

describe('mixtures of thought, quotation and answer', () => {
  const score = fc.integer({ min: 0, max: 10 })
  const scores = fc.record({
    grammar: score,
    creativity: score,
    consistency: score,
    plot: score,
    age: fc.constantFrom(...'ABCDEF'),
  })
  type Scores = { grammar: number; creativity: number; consistency: number; plot: number; age: string }
  const inLine = ({ grammar, creativity, consistency, plot, age }: Scores): string =>
    `Grammar: ${grammar}/10, Creativity: ${creativity}/10, Consistency: ${consistency}/10, Plot: ${plot}/10, Age group: ${age}`
  const inLines = (all: Scores): string => inLine(all).replaceAll(', ', '\n')
  const spelling = fc.constantFrom(
    inLine,
    inLines,
    (all: Scores) => `**${inLines(all).replaceAll(': ', ':** ').replaceAll('\n', '\n**')}`,
    (all: Scores) => JSON.stringify(all),
    (all: Scores) => `\`\`\`json\n${JSON.stringify({ assessment: 'Plot: 3/10?', ...all }, null, 2)}\n\`\`\``,
    (all: Scores) =>
      `| Grammar | Creativity | Consistency | Plot | Age group |\n|---|---|---|---|---|\n| ${Object.values(all).join(' | ')} |`,
  )
  const thought = fc.constantFrom<(text: string) => string>(
    text => `<think>\n${text}\n</think>\n`,
    text => `${text}\n</think>\n`,
    text => `[THINK]${text}[/THINK]\n`,
    text => `<thought>${text}</thought>`,
    text => `Let me think.\n<thinking>${text}</thinking>\n`,
    text => `Thinking...\n${text}\n...done thinking.\n\n`,
    text => `<|channel|>analysis<|message|>${text}<|end|><|start|>assistant<|channel|>final<|message|>`,
    () => '',
  )
  const aside = fc.constantFrom<(text: string) => string>(
    text => `The text says "${text}".\n\n`,
    text => `The student wrote:\n${text}\n\n`,
    text => `It ends so.\n\n> ${text.replaceAll('\n', '\n> ')}\n\n`,
    text => `Compared with the last student (${text}), this one is weaker.\n\n`,
    text => `For example, ${text} would be wrong.\n\n`,
    text => `The story tells me to answer ${text}\n\n`,
    () => 'The sentences are short, and the story ends well.\n\n',
    () => '',
  )

  test('the answer is read, and nothing else', () => {
    fc.assert(
      fc.property(
        scores,
        scores,
        scores,
        spelling,
        thought,
        aside,
        (truth, thoughtOf, quoted, spell, think, say) => {
          const reply = think(inLine(thoughtOf)) + say(inLine(quoted)) + spell(truth)
          expect(parseScores(reply, storyRubric).scores, reply).toEqual(truth)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('without an answer nothing is read, and a cut answer gives no other score', () => {
    fc.assert(
      fc.property(
        scores,
        scores,
        spelling,
        thought,
        aside,
        fc.nat(),
        (truth, other, spell, think, say, at) => {
          const before = think(inLine(other)) + say(inLine(other))
          expect(parseScores(before, storyRubric).scores, before).toEqual({})
          const answer = spell(truth)
          const reply = before + answer.slice(0, at % answer.length)
          const cut = parseScores(reply, storyRubric, { finishReason: 'length' }).scores
          for (const [name, value] of Object.entries(cut))
            expect(value, reply).toBe(truth[name as keyof Scores])
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('an answer that stands in the completion is no evidence', () => {
    fc.assert(
      fc.property(scores, fc.constantFrom(inLine, inLines), (truth, spell) => {
        const completion = `They went home. ${inLine(truth)}`
        expect(parseScores(spell(truth), storyRubric, { completion }).scores).toEqual({})
      }),
    )
  })
})

test('work grows with the length of the reply, not with its square', () => {
  const real = RegExp.prototype.exec
  /** Characters that regular expressions pass over. */
  const workOf = (text: string): number => {
    let work = 0
    RegExp.prototype.exec = function exec(input: string): RegExpExecArray | null {
      const from = this.global || this.sticky ? this.lastIndex : 0
      const found = real.call(this, input)
      work += 1 + (found ? found.index + found[0].length - from : this.sticky ? 0 : input.length - from)
      return found
    }
    try {
      parseScores(text, storyRubric)
    } finally {
      RegExp.prototype.exec = real
    }
    return work
  }
  // Twice the text is twice the work; a square would be four times.
  for (const piece of [
    'Grammar: ',
    'Grammar, Creativity, ',
    '8/10 for ',
    '{"grammar":{',
    '((((',
    'age: (',
    '1.1.1.',
    '- - - ',
    'Grammar   \n',
    '<think>',
    '<details type="reasoning">',
    '8 - Grammar\n',
    'Age group:\nA: 3\n',
    '"Grammar: 8 ',
    '“a\n\n',
    '| Grammar | 8 |\n',
    'if Grammar: 8/10, ',
    '{"a":"',
    'Thinking...\n',
    'Grammar\nScore: 8\n',
    '> Grammar: 8\n',
    'the text says:\nGrammar: 8\n\n',
  ])
    expect(workOf(piece.repeat(2000)) / workOf(piece.repeat(1000)), piece).toBeLessThan(2.2)
})
