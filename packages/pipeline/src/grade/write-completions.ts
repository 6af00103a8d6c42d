import { createHash } from 'node:crypto'
import type { Instruction } from '@tinystories/dataset/instruct'
import {
  type Completion,
  completionLine,
  type GenerateRequest,
  generateCompletions,
  type Prompt,
  parseCompletions,
} from '@tinystories/grader'
import type { AnswerPrompt } from '@tinystories/grader/measures'
import { generateText } from '@tinystories/model/generation'
import {
  appendText,
  openToRead,
  readTextFileIfPresent,
  truncateFile,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { PipelineError } from '../errors.ts'
import { locateModel, weightsPath } from '../model/locate-model.ts'
import { type OpenedModel, type OpenModelOptions, openModel } from '../model/open-model.ts'
import { chosenTemplate } from '../source/load-instruct-template.ts'
import { writeInstruction } from '../write-instruction.ts'
import type { GradingFolder } from './grading-folder.ts'

/** Options of {@link writeCompletions}. */
export interface WriteCompletionsOptions {
  model: string | undefined
  prompts: readonly Prompt[]
  answerPrompts: readonly AnswerPrompt[]
  trials: number
  temperature: number
  maxTokens: number
  seed: number
  truncateRepeats: boolean
  /** Name or path of the template of instructions; null: none. Default: the one that the model was trained with. */
  instruct: string | null | undefined
  engine: NonNullable<OpenModelOptions['engine']>
  access: Omit<OpenModelOptions, 'engine' | 'threads' | 'signal'>
  signal: AbortSignal | undefined
  /** Called after each completion that is generated now; `secondsLeft` goes by those. */
  onProgress: (progress: { done: number; total: number; secondsLeft: number }) => void
}

/** What a model generated. */
export interface ModelCompletions {
  completions: Completion[]
  answers: { prompt: AnswerPrompt; completion: string }[]
}

const version = 1

/**
 * Lets a model continue the prompts, and the answer prompts greedily. Each text is appended to its file when it is done, and the
 * next call continues with those that are missing. A model that was trained on instructions is asked by its template for
 * what a prompt asks for, even an empty one; another one sees the prompts alone.
 *
 * @throws PipelineError `other-completions` when the folder has completions that were made with other settings,
 *   `not-in-template`
 */
export async function writeCompletions(
  files: GradingFolder,
  {
    model: source,
    prompts,
    answerPrompts,
    trials,
    signal,
    instruct,
    engine,
    access,
    onProgress,
    ...sampling
  }: WriteCompletionsOptions,
): Promise<ModelCompletions> {
  const until = signal === undefined ? {} : { signal }
  const folder = await locateModel(source, access, signal)
  const weights = await hashFile(await weightsPath(folder))
  const template = await chosenTemplate(folder, instruct)
  const asking = (ask: Instruction = {}): string => (template ? writeInstruction(ask, template) : '')
  // What the template has no words for is refused before anything is written.
  for (const { instruction } of prompts) asking(instruction)
  await keepSettings(files, {
    version,
    weights,
    ...sampling,
    prompts: hash(prompts),
    answerPrompts: hash(answerPrompts),
    ...(template && { template: hash(template) }),
  })
  const trialsOf = new Map<string, Completion>()
  for (const completion of await readWholeLines(files.completions))
    trialsOf.set(`${completion.promptId}\n${completion.trial}`, completion)
  const answered = new Map((await readWholeLines(files.answers)).map(each => [each.promptId, each.text]))
  let opened: OpenedModel | undefined
  const open = async (): Promise<OpenedModel> => {
    opened ??= await openModel(source, { ...access, engine, ...until })
    return opened
  }
  const write = async (
    prompt: string,
    options: { temperature: number; seed: number; maxTokens: number },
  ): Promise<string> => {
    const { model, tokenizer, stopIds, startId } = await open()
    let text = ''
    for await (const piece of generateText({
      model,
      tokenizer,
      stopIds,
      startId,
      prompt,
      beginStory: true,
      ...until,
      ...options,
    }))
      text += piece
    return text
  }
  const total = prompts.length * trials
  const started = performance.now()
  let made = 0
  try {
    const generate = async ({ prompt, trial, seed }: GenerateRequest): Promise<string> => {
      const known = trialsOf.get(`${prompt.id}\n${trial}`)
      return known?.text ?? write(asking(prompt.instruction) + prompt.text, { ...sampling, seed })
    }
    const completions: Completion[] = []
    const source = { prompts, generate, seed: sampling.seed, truncateRepeats: sampling.truncateRepeats }
    for await (const completion of generateCompletions(source, { trials, ...until })) {
      completions.push(completion)
      if (trialsOf.has(`${completion.promptId}\n${completion.trial}`)) continue
      await appendText(files.completions, `${completionLine(completion)}\n`)
      made++
      const done = completions.length
      const secondsLeft = ((performance.now() - started) / made / 1000) * (total - done)
      onProgress({ done, total, secondsLeft })
    }
    const answers: ModelCompletions['answers'] = []
    for (const prompt of answerPrompts) {
      let completion = answered.get(prompt.id)
      if (completion === undefined) {
        completion = await write(asking() + prompt.prompt, {
          temperature: 0,
          seed: sampling.seed,
          maxTokens: 40,
        })
        const answer = { promptId: prompt.id, trial: 0, prompt: prompt.prompt, text: completion }
        await appendText(files.answers, `${completionLine(answer)}\n`)
      }
      answers.push({ prompt, completion })
    }
    return { completions, answers }
  } finally {
    await opened?.[Symbol.asyncDispose]()
  }
}

/** Completions in a file; a last line that a kill cut short is removed. */
async function readWholeLines(path: string): Promise<Completion[]> {
  const text = (await readTextFileIfPresent(path, { maxBytes: 2 ** 28 })) ?? ''
  const end = text.lastIndexOf('\n') + 1
  if (end < text.length) await truncateFile(path, Buffer.byteLength(text.slice(0, end)))
  return end === 0 ? [] : parseCompletions(text.slice(0, end), path)
}

const savedSettings = v.record(v.string(), v.unknown())

async function keepSettings(files: GradingFolder, settings: Record<string, unknown>): Promise<void> {
  const text = await readTextFileIfPresent(files.settings)
  if (text === undefined) {
    await writeFileAtomically(files.settings, `${JSON.stringify(settings, null, 1)}\n`)
    return
  }
  const json = parseJson(text, { source: files.settings })
  const before = parseValue(savedSettings, json, files.settings)
  const names = new Set([...Object.keys(before), ...Object.keys(settings)])
  const other = [...names].filter(name => JSON.stringify(before[name]) !== JSON.stringify(settings[name]))
  if (other.length > 0)
    throw new PipelineError('other-completions', { folder: files.folder, settings: other })
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}

async function hashFile(path: string): Promise<string> {
  const digest = createHash('sha256')
  const file = await openToRead(path)
  for await (const piece of file.createReadStream()) digest.update(piece as Buffer)
  return digest.digest('hex').slice(0, 16)
}
