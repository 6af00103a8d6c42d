import { existsSync } from 'node:fs'
import { createInterface, type Interface } from 'node:readline/promises'
import { generateText } from '@tinystories/model/generation'
import { type OpenedModel, openModel, unknownTexts } from '@tinystories/pipeline'
import type { GenerationEngineName } from '@tinystories/pipeline/recipe'
import { writeFileAtomically } from '@tinystories/utils/disk'
import { onAbort } from '@tinystories/utils/retry'
import { access } from '../access.ts'
import { UserError } from '../errors/user-error.ts'
import { forDisplay, fromTyped, modelSource } from '../paths.ts'
import { usesColors } from '../terminal/colors.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { printError, printPainted, printPiece } from '../terminal/output.ts'
import { type Person, writeTogether } from '../write/dialogue.ts'
import { type Continue, Draft } from '../write/draft.ts'
import { describeUnknown } from './generate.ts'

export interface WriteFlags {
  prompt?: string
  adapter?: string
  maxTokens: number
  alternatives: number
  temperature: number
  topP: number
  seed: number
  engine: GenerationEngineName | 'auto'
}

/** Writes a story with a person in the terminal. @returns the exit code: 0, also when they leave by Ctrl-C */
export async function write(
  source: string | undefined,
  { prompt, adapter, alternatives, engine, ...flags }: WriteFlags,
): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UserError(
      'write needs a terminal to talk with a person. In a script, use tinystories generate --prompt "Once upon a time".',
    )
  return interruptible(async signal => {
    const options = {
      ...access(),
      engine,
      signal,
      adapter: adapter === undefined ? undefined : fromTyped(adapter),
    }
    await using opened = await openModel(modelSource(source), options)
    using lines = openLines()
    const person = personAt(lines, signal)
    const start = prompt ?? (await person.ask('The story starts with: ', 'Once upon a time'))
    signal.throwIfAborted()
    if (start === undefined) return 0
    const unknown = unknownTexts(opened.tokenizer, start)
    if (unknown.length > 0) printError(`Warning: ${describeUnknown(unknown)}`)
    await writeTogether(new Draft(start, continueWith(opened, flags), flags), person, alternatives)
    signal.throwIfAborted()
    return 0
  })
}

/** Writes on from as much of a text as the context holds with what is to come. */
function continueWith(
  { model, tokenizer, stopIds, startId }: OpenedModel,
  flags: WriteContinuation,
): Continue {
  return (text, options) => {
    const ids = tokenizer.encode(text, { addSpecialTokens: false }).ids
    const { contextLength } = model.config
    const most = Math.max(1, contextLength - 1 - Math.min(flags.maxTokens, Math.floor(contextLength / 2)))
    return generateText({
      ...flags,
      ...options,
      model,
      tokenizer,
      stopIds,
      startId,
      prompt: ids.slice(-most),
      beginStory: ids.length <= most,
    })
  }
}

type WriteContinuation = Pick<WriteFlags, 'maxTokens' | 'topP'>

function openLines(): Interface & Disposable {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  // A terminal that was closed gives EIO when its mode is set back; the lines end anyway.
  lines.on('error', () => {})
  return Object.assign(lines, {
    [Symbol.dispose]() {
      lines.close()
      // The next prompt of the shell begins a line.
      printPiece('\n')
    },
  })
}

function personAt(lines: Interface, signal: AbortSignal): Person {
  let working: AbortController | undefined
  let asking: AbortController | undefined
  let isClosed = false
  const left = new Promise<undefined>(resolve =>
    lines.on('close', () => {
      isClosed = true
      resolve(undefined)
    }),
  )
  // A request to end, or a closed terminal, is no key.
  onAbort(signal, () => {
    working?.abort()
    lines.close()
  })
  // In raw mode Ctrl-C is a key: it stops what is being written, or takes the question back.
  lines.on('SIGINT', () => (working ?? asking)?.abort())
  return {
    colors: usesColors(process.stdout),
    show: printPainted,
    async ask(question, answer) {
      if (isClosed) return undefined
      asking = new AbortController()
      const asked = lines.question(question, { signal: asking.signal })
      if (answer !== undefined) lines.write(answer)
      return Promise.race([asked, left]).catch(() => undefined)
    },
    async stoppable(work) {
      working = new AbortController()
      try {
        return await work(working.signal)
      } finally {
        working = undefined
      }
    },
    async save(file, text) {
      const path = fromTyped(file)
      if (existsSync(path)) throw new UserError(`${forDisplay(path)} is there already. Choose another name.`)
      await writeFileAtomically(path, text)
      return forDisplay(path)
    },
  }
}
