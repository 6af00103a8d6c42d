import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readReply } from './read-reply.ts'

const { replies } = JSON.parse(
  readFileSync(new URL('../../goldens/small-model-replies.json', import.meta.url), 'utf8'),
) as { replies: { reply: string; finishReason: string; rejected: string | null }[] }

// Of a real small model, which repeats its request, loops, and stops too early.
test.each(replies.map(each => [each.reply.slice(0, 60), each] as const))(
  'the reply that begins "%s"',
  (_, { reply, finishReason, rejected }) => {
    const plan = { index: 0, words: ['wander', 'barn', 'old'] as [string, string, string], features: [] }
    const read = readReply({ text: reply, finishReason }, plan, {
      summary: false,
      minWords: 40,
      maxWords: 400,
    })
    expect(read).toEqual(rejected === null ? { text: reply.trim(), removed: [] } : { rejected })
  },
)

test('a text that comes back to the same words is a loop from 40 words on', () => {
  const plan = { index: 0, words: ['run', 'dog', 'big'] as [string, string, string], features: [] }
  const read = (times: number) =>
    readReply(
      { text: `The big dog ran${' and it ran and it'.repeat(times)} sat.`, finishReason: 'stop' },
      plan,
      {
        summary: false,
        minWords: 5,
        maxWords: 400,
      },
    )
  expect(read(6)).toMatchObject({ removed: [] })
  expect(read(7)).toEqual({ rejected: 'repetitive' })
})
