import { wilsonInterval } from '@tinystories/interpret/probes'
import {
  openModel,
  parseQuestion,
  type Question,
  readQuestions,
  scoreEndingTokens,
} from '@tinystories/pipeline'
import { access } from '../access.ts'
import { UserError } from '../errors/user-error.ts'
import { forDisplay, fromTyped, modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'

/** The flags of `tinystories score`. */
export interface ScoreFlags {
  prompt?: string
  ending?: string[]
  file?: string
  adapter?: string
  json?: boolean
}

interface ScoredQuestion extends Question {
  /** In the order of the endings; null where one does not fit the context. */
  scores: { logProbability: number; tokens: number }[] | null
}

/** Scores endings. @returns the exit code: 0, or 130 when interrupted */
export function score(source: string | undefined, flags: ScoreFlags): Promise<number> {
  return interruptible(async signal => {
    const questions = await questionsOf(flags)
    const { adapter, json } = flags
    await using model = await openModel(modelSource(source), {
      ...access(),
      signal,
      adapter: adapter === undefined ? undefined : fromTyped(adapter),
    })
    print(`Model: ${forDisplay(model.folder)}`)
    const scored: ScoredQuestion[] = []
    for (const question of questions) {
      signal.throwIfAborted()
      const found = await scoreEndingTokens(model, question.prompt, question.endings)
      const scores =
        found?.map(({ logProbability, logProbabilities }) => ({
          logProbability,
          tokens: logProbabilities.length,
        })) ?? null
      scored.push({ ...question, scores })
      printQuestion(scored.at(-1)!)
    }
    const outcome = outcomeOf(scored)
    if (outcome) {
      const [share, low, high] = [outcome.accuracy, ...outcome.interval].map(each => (100 * each).toFixed(0))
      print(
        `Right ending likeliest: ${outcome.passed} of ${outcome.asked}, ${share} % (${low} to ${high}, 95 %)`,
      )
    }
    if (json) printJson({ model: model.folder, questions: scored, ...outcome })
    return 0
  })
}

async function questionsOf({ prompt, ending, file }: ScoreFlags): Promise<Question[]> {
  if (file === undefined) {
    if (ending === undefined)
      throw new UserError('Name endings with --ending, or a file of questions with --file.')
    return [parseQuestion({ prompt, endings: ending }, '--ending')]
  }
  if (prompt !== undefined || ending !== undefined)
    throw new UserError('--file holds prompts and endings: leave --prompt and --ending out.')
  return readQuestions(fromTyped(file))
}

function printQuestion({ prompt, endings, scores }: ScoredQuestion): void {
  print(prompt === '' ? '(no prompt)' : prompt)
  if (scores === null) print('  left out: longer than the context')
  const most = Math.max(...(scores ?? []).map(({ logProbability }) => logProbability))
  for (const [at, { logProbability, tokens }] of (scores ?? []).entries()) {
    const mean = (logProbability / tokens).toFixed(3)
    const mark = endings.length > 1 && logProbability === most ? '  likeliest' : ''
    print(
      `  ${logProbability.toFixed(3).padStart(9)}  ${mean.padStart(7)} a token  ${JSON.stringify(endings[at])}${mark}`,
    )
  }
}

/** How often the right ending is strictly the likeliest, among the questions that say which is right. */
function outcomeOf(
  scored: readonly ScoredQuestion[],
): { asked: number; passed: number; accuracy: number; interval: readonly [number, number] } | undefined {
  const judged = scored.filter(({ right, scores }) => right !== undefined && scores !== null)
  if (judged.length === 0) return undefined
  const passed = judged.filter(({ right, scores }) =>
    scores!.every(
      ({ logProbability }, at) => at === right || logProbability < scores![right!]!.logProbability,
    ),
  ).length
  return {
    ...{ asked: judged.length, passed, accuracy: passed / judged.length },
    interval: wilsonInterval(passed, judged.length),
  }
}
