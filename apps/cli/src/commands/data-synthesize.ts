import { join } from 'node:path'
import { type SynthesisReport, synthesizeStories } from '@tinystories/dataset/synthesis'
import { cachedCost } from '@tinystories/llm'
import { type ChatClientFlags, openChatClient } from '../chat-client.ts'
import { UserError } from '../errors/user-error.ts'
import { commandName, forDisplay, forShell, fromTyped } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

export interface DataSynthesizeFlags extends ChatClientFlags {
  count: number
  out: string
  instruct?: boolean
  ood?: boolean
  seed: number
  temperature: number
  maxTokens: number
  json?: boolean
}

/**
 * Has a language model write stories.
 *
 * @returns the exit code: 0, or 130 when interrupted (the same command continues).
 */
export function dataSynthesize(flags: DataSynthesizeFlags): Promise<number> {
  return interruptible(
    signal => synthesize(flags, signal),
    () => print('Interrupted. What is written is kept, and so is every reply: the same command continues.'),
  )
}

async function synthesize(flags: DataSynthesizeFlags, signal: AbortSignal): Promise<number> {
  const out = fromTyped(flags.out)
  const replies = join(`${out}.synthesis`, 'replies')
  const spent = flags.budget === undefined ? 0 : await cachedCost(replies)
  if (flags.budget !== undefined && spent >= flags.budget) {
    throw new UserError(
      `--budget: ${dollars(spent)} have been spent on ${forDisplay(out)} already, of ${dollars(flags.budget)}. Give a higher one.`,
    )
  }
  const client = await openChatClient(
    { ...flags, ...(flags.budget === undefined ? {} : { budget: flags.budget - spent }) },
    replies,
  )
  const progress = new ProgressLine()
  try {
    const report = await synthesizeStories({
      client,
      out,
      count: flags.count,
      seed: flags.seed,
      instruct: flags.instruct ?? false,
      ood: flags.ood ?? false,
      temperature: flags.temperature,
      maxTokens: flags.maxTokens,
      concurrency: flags.concurrency,
      signal,
      onProgress: ({ stories, dropped, cost }) =>
        progress.update({ done: stories, total: flags.count }, () => {
          const lost = Object.values(dropped).reduce((sum, times) => sum + times, 0)
          return `${stories.toLocaleString('en')}/${flags.count.toLocaleString('en')} stories${lost > 0 ? `, ${lost} dropped` : ''}${cost ? `, ${dollars(cost)}` : ''}`
        }),
    })
    progress.end()
    printReport(report, out)
    const { cost, possibleCost, requests } = client.account()
    print(
      `${requests.toLocaleString('en')} replies were paid for in this run${cost > 0 ? `: ${dollars(cost)}` : ''}${possibleCost > 0 ? `, and ${dollars(possibleCost)} more at most for replies that broke off` : ''}`,
    )
    print(`Train on them with: ${commandName()} train --data ${forShell(out)}`)
    if (flags.json) printJson({ file: out, ...report, paid: { requests, cost, possibleCost } })
    return 0
  } finally {
    progress.end()
  }
}

function printReport(report: SynthesisReport, out: string): void {
  const { stories, resumed, dropped, cost, diversity } = report
  const { coverage, distinctShare, distinctWords, wordsPerStory, features } = diversity
  const number = (value: number): string => value.toLocaleString('en')
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  print(
    `Wrote ${forDisplay(out)}: ${number(stories)} stories${resumed > 0 ? `, ${number(resumed)} of them earlier` : ''}, ${wordsPerStory.toFixed(0)} words each${cost ? `, for ${dollars(cost)}` : ''}`,
  )
  const reasons = Object.entries(dropped).map(([reason, times]) => `${times} ${reason}`)
  if (reasons.length > 0) print(`Dropped: ${reasons.join(', ')}`)
  const lists = Object.entries(coverage).map(([part, { used, of }]) => `${used} of ${of} ${part}`)
  print(`Asked for ${lists.join(', ')}`)
  const asked = Object.entries(features).sort(([a], [b]) => (a < b ? -1 : 1))
  if (asked.length > 0) print(`Features: ${asked.map(([name, times]) => `${name} ${times}`).join(', ')}`)
  print(
    `Different: ${number(distinctWords)} words; of the 2-grams ${percent(distinctShare[2])}, 3-grams ${percent(distinctShare[3])}, 4-grams ${percent(distinctShare[4])}`,
  )
}

function dollars(amount: number): string {
  return `$${amount >= 1 ? amount.toFixed(2) : amount.toPrecision(2)}`
}
