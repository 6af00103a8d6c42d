import { expect, test } from 'vitest'
import { tinystories } from '../testing/cli.ts'
import { type Person, writeTogether } from './dialogue.ts'
import { type Continue, Draft } from './draft.ts'

/** Writes its seed and temperature, in two pieces. */
const model: Continue = async function* (_text, { seed, temperature, signal }) {
  yield ` s${seed}`
  signal.throwIfAborted()
  yield `t${temperature}`
}

interface Meeting {
  shown: string
  draft: Draft
  saved: [string, string][]
}

/** Lets a person give these answers; `stop` in place of one is Ctrl-C in the middle of what follows. */
async function meet(answers: string[], { stopAt = -1 } = {}): Promise<Meeting> {
  const draft = new Draft('Once', model, { seed: 1, temperature: 0.5 })
  const meeting: Meeting = { shown: '', draft, saved: [] }
  let works = 0
  const person: Person = {
    colors: false,
    show: text => {
      meeting.shown += text
    },
    async ask(question, answer) {
      meeting.shown += question
      const given = answers.shift()
      return given === '(as offered)' ? answer : given
    },
    async stoppable(work) {
      const controller = new AbortController()
      if (works++ === stopAt) controller.abort(new Error('stopped'))
      return work(controller.signal)
    },
    async save(file, text) {
      if (file === 'taken') throw new Error('taken')
      meeting.saved.push([file, text])
      return file
    },
  }
  await writeTogether(draft, person, 2)
  return meeting
}

test('continue, with Enter too, and retry', async () => {
  expect((await meet(['c', '', 'q'])).draft.text).toBe('Once s1t0.5 s2t0.5 s3t0.5')
  expect((await meet(['c', 'r', 'r'])).draft.text).toBe('Once s1t0.5 s4t0.5')
})

test('alternatives replace what was written last, or nothing does', async () => {
  const { draft, shown } = await meet(['c', 'a', '2', 'c', 'q'])
  expect(shown).toContain('\n1 s3t0.5\n\n2 s4t0.5\n')
  expect(draft.text).toBe('Once s1t0.5 s4t0.5 s5t0.5')
  expect((await meet(['a', '', 'q'])).draft.text).toBe('Once')
})

test('the temperature changes, a wrong one is refused and the story goes on', async () => {
  const { draft, shown } = await meet(['t', '1.5', 't', 'hot', 'c'])
  expect(draft.text).toBe('Once s1t0.5 s2t1.5')
  expect(shown).toContain('A number from 0 to 10 is wanted.')
})

test('the text is edited in one line, and saved', async () => {
  const { draft, saved, shown } = await meet(['e', 'Twice⏎upon', 'c', 's', 'taken', 's', '(as offered)', 'q'])
  expect(draft.text).toBe('Twice\nupon s2t0.5')
  expect(saved).toEqual([['story.txt', 'Twice\nupon s2t0.5\n']])
  expect(shown).toContain('taken')
})

test('Ctrl-C while it writes keeps what there is, and a word that is none is explained', async () => {
  const { draft, shown } = await meet(['x', '_', 'c'], { stopAt: 0 })
  expect(shown).toContain('Once s1 (stopped)\n')
  expect(draft.text).toBe('Once s1 s2t0.5')
  expect(shown).toContain('Type the first letter')
})

test('without a terminal it says what to use instead', async () => {
  expect(await tinystories(['write'], { cwd: '/' })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: write needs a terminal to talk with a person. In a script, use tinystories generate --prompt "Once upon a time".\n',
  })
})
