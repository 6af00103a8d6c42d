import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Completion,
  completionLine,
  generateCompletions,
  type Prompt,
  parseCompletions,
} from '@tinystories/grader'
import type { AnswerPrompt } from '@tinystories/grader/measures'
import { generateText } from '@tinystories/model/generation'
import { modelFolder, type OpenedModel, openModel } from '../open-model.ts'
import { formatDuration } from '../progress.ts'
import { ProgressLine } from '../progress-line.ts'
import { writeWhole } from '../run-folder.ts'
import { UserError } from '../user-error.ts'
import type { WritingEngine } from '../writing-engines.ts'
import { exists, type GradesFolder } from './grades-folder.ts'

export interface WriteCompletionsOptions {
  model: string | undefined
  prompts: readonly Prompt[]
  answerPrompts: readonly AnswerPrompt[]
  trials: number
  temperature: number
  maxTokens: number
  seed: number
  truncateRepeats: boolean
  engine: WritingEngine | 'auto'
  signal: AbortSignal
}

/** What a model wrote. */
export interface Written {
  completions: Completion[]
  answers: { prompt: AnswerPrompt; completion: string }[]
}

const version = 1

/**
 * Lets a model continue the prompts, and the answer prompts greedily. Each text is appended to its file as it
 * is there, and the next call goes on with those that are missing.
 */
export async function writeCompletions(
  grades: GradesFolder,
  { model: source, prompts, answerPrompts, trials, signal, engine, ...sampling }: WriteCompletionsOptions,
): Promise<Written> {
  const folder = await modelFolder(source, signal)
  const weights = await hashFile(join(folder, 'model.safetensors'))
  await keepSettings(grades, {
    version,
    weights,
    ...sampling,
    prompts: hash(prompts),
    answerPrompts: hash(answerPrompts),
  })
  const trialsOf = new Map<string, Completion>()
  for (const completion of await readTorn(grades.completions))
    trialsOf.set(`${completion.promptId}\n${completion.trial}`, completion)
  const answered = new Map((await readTorn(grades.answers)).map(each => [each.promptId, each.text]))
  let opened: OpenedModel | undefined
  const open = async (): Promise<OpenedModel> => {
    opened ??= await openModel(source, { engine, signal })
    return opened
  }
  const write = async (
    prompt: string,
    options: { temperature: number; seed: number; maxTokens: number },
  ): Promise<string> => {
    const { model, tokenizer } = await open()
    let text = ''
    for await (const piece of generateText({
      model,
      tokenizer,
      prompt,
      beginStory: true,
      signal,
      ...options,
    }))
      text += piece
    return text
  }
  const line = new ProgressLine({ stream: process.stdout, keep: true })
  const total = prompts.length * trials
  const started = performance.now()
  let made = 0
  try {
    const generate = async (request: { prompt: Prompt; trial: number; seed: number }): Promise<string> => {
      const known = trialsOf.get(`${request.prompt.id}\n${request.trial}`)
      return known?.text ?? write(request.prompt.text, { ...sampling, seed: request.seed })
    }
    const completions: Completion[] = []
    const source = { prompts, generate, seed: sampling.seed, truncateRepeats: sampling.truncateRepeats }
    for await (const completion of generateCompletions(source, { trials, signal })) {
      completions.push(completion)
      if (trialsOf.has(`${completion.promptId}\n${completion.trial}`)) continue
      await appendFile(grades.completions, `${completionLine(completion)}\n`)
      made++
      const left = ((performance.now() - started) / made / 1000) * (total - completions.length)
      line.show(
        `writing ${completions.length}/${total}  ETA ${formatDuration(left)}`,
        completions.length === total,
      )
    }
    const answers: Written['answers'] = []
    for (const prompt of answerPrompts) {
      let completion = answered.get(prompt.id)
      if (completion === undefined) {
        completion = await write(prompt.prompt, { temperature: 0, seed: sampling.seed, maxTokens: 40 })
        const answer = { promptId: prompt.id, trial: 0, prompt: prompt.prompt, text: completion }
        await appendFile(grades.answers, `${completionLine(answer)}\n`)
      }
      answers.push({ prompt, completion })
    }
    return { completions, answers }
  } finally {
    line.end()
    await opened?.[Symbol.asyncDispose]()
  }
}

/** Lines of completions; one that a kill cut short is taken off. */
async function readTorn(path: string): Promise<Completion[]> {
  if (!(await exists(path))) return []
  const text = await readFile(path, 'utf8')
  const end = text.lastIndexOf('\n') + 1
  if (end < text.length) await truncate(path, Buffer.byteLength(text.slice(0, end)))
  return end === 0 ? [] : parseCompletions(text.slice(0, end), path)
}

async function keepSettings(grades: GradesFolder, settings: Record<string, unknown>): Promise<void> {
  if (!(await exists(grades.settings))) {
    await writeWhole(grades.settings, `${JSON.stringify(settings, null, 1)}\n`)
    return
  }
  let before: Record<string, unknown>
  try {
    before = JSON.parse(await readFile(grades.settings, 'utf8')) as Record<string, unknown>
  } catch {
    before = {}
  }
  const names = new Set([...Object.keys(before), ...Object.keys(settings)])
  const other = [...names].filter(name => JSON.stringify(before[name]) !== JSON.stringify(settings[name]))
  if (other.length > 0)
    throw new UserError(
      `--out: ${grades.folder} holds completions made otherwise (${other.join(', ')}). Give another folder, or remove that one.`,
    )
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}

async function hashFile(path: string): Promise<string> {
  const digest = createHash('sha256')
  for await (const piece of createReadStream(path)) digest.update(piece as Buffer)
  return digest.digest('hex').slice(0, 16)
}
