import type { Completion } from '../completions/completion.ts'
import type { Judge, JudgeMessage, JudgeReply, JudgeRequest } from '../judge.ts'
import { findAnswer } from '../parse/find-answer.ts'
import { jsonTextOf } from '../parse/parse-json-scores.ts'
import { isFiltered, parseScores } from '../parse/parse-scores.ts'
import type { ParsedScores } from '../parse/parsed-scores.ts'
import type { Rubric } from '../rubric/rubric.ts'
import { addressesJudge } from './addresses-judge.ts'
import type { GradingFlag, Judgment } from './grading.ts'
import {
  assessmentMessages,
  replySchema,
  retryMessage,
  scoresMessage,
  structuredMessages,
} from './messages.ts'
import { weightedScores } from './weighted-scores.ts'

/** Options of {@link judgeCompletion}. */
export interface JudgeCompletionOptions {
  judge: Judge
  rubric: Rubric
  /** Which judging of the same completion this is, from 0: another number asks the judge again. Default 0. */
  regrade?: number
  /** Of the judge. Default 0. */
  temperature?: number
  /** Tokens that one reply may have. Default 600. */
  maxTokens?: number
  /** How much a reasoning model thinks. Default: as the server has it. */
  reasoning?: JudgeRequest['reasoning'] | undefined
  signal?: AbortSignal
}

/**
 * Has a completion judged: assessment, then scores; when they cannot be read, asks once more. What cannot be read
 * then stands in `problems`; no score is ever made up.
 *
 * @throws what the judge throws
 */
export async function judgeCompletion(
  completion: Completion,
  { judge, rubric, regrade = 0, temperature = 0, maxTokens = 600, reasoning, signal }: JudgeCompletionOptions,
): Promise<Judgment> {
  const replies: JudgeReply[] = []
  /** Asks again with more room when the reply was cut and is not enough as it is. */
  const ask = async (
    messages: JudgeMessage[],
    isEnough: (reply: JudgeReply) => boolean,
    more: Partial<JudgeRequest> = {},
  ): Promise<JudgeReply> => {
    const request: JudgeRequest = {
      messages,
      temperature,
      maxTokens,
      trial: regrade,
      ...(reasoning && { reasoning }),
      ...more,
    }
    let reply = await judge.complete(request, signal ? { signal } : {})
    replies.push(reply)
    if (reply.finishReason === 'length' && !isEnough(reply)) {
      // A reasoning model may have thought up to the limit.
      reply = await judge.complete({ ...request, maxTokens: maxTokens * 4 }, signal ? { signal } : {})
      replies.push(reply)
    }
    return reply
  }
  const isAnswer = ({ text }: JudgeReply): boolean => findAnswer(text).text.trim() !== ''
  const isRead = (reply: JudgeReply): boolean => Object.keys(parse(reply).problems).length === 0
  const parse = ({ text, finishReason }: JudgeReply): ParsedScores =>
    parseScores(text, rubric, { completion: completion.text, finishReason })
  // What moderation forbids it forbids again, and thoughts that used up four times the room will again: each call is paid.
  const isFinal = (reply: JudgeReply): boolean =>
    isFiltered(reply.finishReason)
      ? Object.keys(parse(reply).scores).length === 0
      : reply.finishReason === 'length' && !isAnswer(reply)
  const silent = (): number => replies.filter(({ text }) => text.trim() === '').length
  const structured = rubric.turns === 'structured'
  const asking = {
    ...(structured ? { responseFormat: replySchema(rubric) } : {}),
    ...(rubric.topLogprobs === undefined ? {} : { topLogprobs: rubric.topLogprobs }),
  }
  let assessment = ''
  let conversation: JudgeMessage[]
  let last: JudgeReply | undefined
  if (structured) {
    conversation = structuredMessages(completion, rubric)
  } else {
    const messages = assessmentMessages(completion, rubric)
    const first = await ask(messages, isAnswer)
    assessment = findAnswer(first.text).text.trim()
    if (isFinal(first)) last = first
    conversation = [
      ...messages,
      { role: 'assistant', content: assessment || 'I have read the text.' },
      scoresMessage(rubric),
    ]
  }
  const reply = last ?? (await ask(conversation, isRead, asking))
  let parsed = parse(reply)
  let weighted = weightedScores(reply, parsed, rubric)
  const texts = [reply.text]
  if (Object.keys(parsed.problems).length > 0 && !isFinal(reply) && silent() < 2) {
    const again = await ask(
      [
        ...conversation,
        { role: 'assistant', content: reply.text.trim() || 'No scores.' },
        retryMessage(parsed.problems, rubric),
      ],
      isRead,
      asking,
    )
    const second = parse(again)
    weighted = { ...weighted, ...weightedScores(again, second, rubric) }
    parsed = join(parsed, second)
    texts.push(again.text)
  }
  if (structured) assessment = assessmentOf(texts)
  const costs = replies.map(({ cost }) => cost)
  return {
    scores: parsed.scores,
    problems: parsed.problems,
    ...(Object.keys(weighted).length > 0 ? { weighted } : {}),
    assessment,
    replies: texts,
    flags: flagsOf(completion, rubric, replies),
    model: reply.model,
    usage: {
      inputTokens: replies.reduce((sum, { usage }) => sum + usage.inputTokens, 0),
      outputTokens: replies.reduce((sum, { usage }) => sum + usage.outputTokens, 0),
    },
    cost: costs.some(cost => cost === undefined)
      ? undefined
      : costs.reduce<number>((sum, cost) => sum + cost!, 0),
  }
}

/** The second reply decides; where it says nothing, a score that was clear in the first stays. */
function join(first: ParsedScores, second: ParsedScores): ParsedScores {
  const scores = { ...second.scores }
  const problems: ParsedScores['problems'] = {}
  for (const [name, after] of Object.entries(second.problems)) {
    const [score, before] = [first.scores[name], first.problems[name]]
    // "missing" says less than what the first reply showed.
    if (after.reason !== 'missing') problems[name] = after
    else if (score !== undefined) scores[name] = score
    else problems[name] = before ?? after
  }
  return { scores, problems, places: second.places }
}

function assessmentOf(texts: readonly string[]): string {
  for (const text of texts) {
    const assessment = jsonTextOf(findAnswer(text).text, 'assessment')?.trim()
    if (assessment) return assessment
  }
  return ''
}

function flagsOf(completion: Completion, rubric: Rubric, replies: readonly JudgeReply[]): GradingFlag[] {
  const flags: GradingFlag[] = []
  const detail = addressesJudge(completion.text, rubric)
  if (detail !== undefined) flags.push({ kind: 'addresses-judge', detail })
  if (completion.text.trim() === '') flags.push({ kind: 'empty' })
  if (replies.at(-1)?.finishReason === 'length') flags.push({ kind: 'reply-cut' })
  return flags
}
