import { readdir, readFile } from 'node:fs/promises'
import { writeStory } from '@tinystories/pipeline/recipe'
import type { EvaluationResult, MetricsLine } from '@tinystories/trainer'
import { messageOf } from '../describe-error.ts'
import { openModel } from '../open-model.ts'
import { commandName, forDisplay, forShell } from '../paths.ts'
import { type RunFolder, writeWhole } from '../run-folder.ts'
import { UserError } from '../user-error.ts'
import type { RunSettings } from './settings.ts'

/** Says a line to the person. */
export type Note = (text: string) => void

function resumeCommand(run: RunFolder): string {
  return `${commandName()} train --resume ${forShell(run.folder)}`
}

/** @returns the exit code of an interrupted command. */
export function tellInterruption(note: Note, run: RunFolder, step: number | undefined): number {
  note(`Interrupted${step === undefined ? '' : ` at step ${step}`}; its checkpoint is written. Go on with:`)
  note(`  ${resumeCommand(run)}`)
  return 130
}

/** Tells how to go on after a failure, when there is a checkpoint to go on from. */
export async function withResumeCommand(error: unknown, run: RunFolder): Promise<unknown> {
  const checkpoints = await readdir(run.checkpoints).catch(() => [])
  if (!(error instanceof Error) || !checkpoints.some(name => name.startsWith('step-'))) return error
  return new UserError(`${messageOf(error)} Go on from the last checkpoint with: ${resumeCommand(run)}`, {
    cause: error,
  })
}

export async function readMetrics(run: RunFolder): Promise<MetricsLine[]> {
  const text = await readFile(run.metrics, 'utf8')
  return (
    text
      .split('\n')
      // After the last end of a line there may be half of one, of a run that goes on or was killed.
      .slice(0, -1)
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as MetricsLine)
  )
}

export function tellScore(note: Note, settings: RunSettings, score: EvaluationResult): void {
  const held =
    settings.valid === null ? `${Math.round(settings.heldOut * 100)} % held out` : forDisplay(settings.valid)
  note(
    `Held-out score (${held}, ${score.bytes.toLocaleString('en')} bytes): ${score.bitsPerByte.toFixed(3)} bits per byte, ${score.nats.toFixed(3)} nats/token, perplexity ${score.perplexity.toFixed(1)}, ${(score.accuracy * 100).toFixed(1)} % right`,
  )
}

export async function tellStory(note: Note, run: RunFolder, { prompt, seed }: RunSettings): Promise<void> {
  await using loaded = await openModel(run.model, { engine: 'auto' })
  let story = ''
  for await (const piece of writeStory(loaded, { prompt, seed })) story += piece
  await writeWhole(run.story, `${story}\n`)
  note(`\nA story it wrote:\n\n${story}\n`)
  note('Write more:')
  note(`  ${commandName()} generate --model ${forShell(run.folder)} --prompt "One day, a little dog"`)
}

export function dataName(settings: RunSettings): string {
  return settings.data === 'sample' ? 'the bundled corpus' : settings.data.replace(/^.*[\\/]/, '')
}
