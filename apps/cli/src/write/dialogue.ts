import { InvalidArgumentError } from 'commander'
import { decimal } from '../command-line/parse-flags.ts'
import { messageOf } from '../errors/describe-error.ts'
import { cyan, faint } from '../terminal/colors.ts'
import type { Draft } from './draft.ts'

/** How the dialogue meets a person. */
export interface Person {
  /** Asks for a line. @returns undefined when there is no answer, but Ctrl-C or Ctrl-D */
  ask(question: string, answer?: string): Promise<string | undefined>
  show(text: string): void
  /** Runs what Ctrl-C may stop; the dialogue goes on then. */
  stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Writes a new file. @throws where it is there or cannot be written */
  save(file: string, text: string): Promise<string>
  colors: boolean
}

/** Stands for line breaks while a text is edited in one line. */
const lineBreak = '\u23ce'

/**
 * Writes a story with a person, until they leave: Ctrl-C leaves from the choice of what to do, and goes back to it from every other
 * question.
 *
 * @param alternatives how many there are to choose from
 */
export async function writeTogether(draft: Draft, person: Person, alternatives: number): Promise<void> {
  const { ask, show, stoppable } = person
  const dim = person.colors ? faint : (text: string): string => text
  const key = person.colors ? cyan : (text: string): string => text

  const write = (): Promise<void> =>
    stoppable(async signal => {
      let written = ''
      for await (const piece of draft.write(signal)) {
        written += piece
        show(piece)
      }
      show(signal.aborted ? dim(' (stopped)') : written === '' ? dim(' (the model ends the story here)') : '')
      show('\n')
    })

  const showAll = (): void => show(`\n${draft.text}`)

  const choose = async (): Promise<void> => {
    draft.undo()
    const texts = await stoppable(async signal => {
      show(dim('writing alternatives\n'))
      return draft.alternatives(alternatives, signal)
    })
    for (const [i, text] of texts.entries()) show(`\n${key(String(i + 1))} ${text.trim()}\n`)
    if (texts.length === 0) return
    const answer = await ask(`\n1 to ${texts.length}, or nothing to take none: `)
    const chosen = texts[Number(answer) - 1]
    if (chosen !== undefined) draft.take(chosen)
    showAll()
    show('\n')
  }

  const actions: Record<string, () => Promise<void>> = {
    c: write,
    async r() {
      draft.undo()
      showAll()
      await write()
    },
    a: choose,
    async t() {
      const answer = await ask('temperature, 0 to 10: ', String(draft.temperature))
      if (answer !== undefined) draft.temperature = decimal(0, 10)(answer)
    },
    async e() {
      show(dim(`${lineBreak} is a line break; an empty text leaves it as it was\n`))
      const answer = await ask('', draft.text.replaceAll('\n', lineBreak))
      if (answer) draft.text = answer.replaceAll(lineBreak, '\n')
      showAll()
      show('\n')
    },
    async s() {
      const file = await ask('file: ', 'story.txt')
      if (file) show(`${dim(`Wrote ${await person.save(file, `${draft.text}\n`)}`)}\n`)
    },
  }

  show(`\n${draft.text}`)
  await write()
  for (;;) {
    const name = (word: string): string => `${key(word[0]!)}${word.slice(1)}`
    const words = [
      'continue',
      'retry',
      'alternatives',
      `temperature ${draft.temperature}`,
      'edit',
      'save',
      'quit',
    ]
    const answer = await ask(`\n${words.map(name).join('  ')} > `)
    if (answer === undefined) return
    // Enter goes on.
    const wanted = answer.trim().toLowerCase()[0] ?? 'c'
    if (wanted === 'q') return
    const action = Object.hasOwn(actions, wanted) ? actions[wanted] : undefined
    if (action === undefined) show(`Type the first letter of one of these words; Enter continues.\n`)
    // What goes wrong in one action is no reason to lose the story.
    else
      await action().catch((error: unknown) =>
        show(`${error instanceof InvalidArgumentError ? error.message : messageOf(error, 'write')}\n`),
      )
  }
}
