import type { Story } from '../story.ts'
import { instructionFor } from './instruction.ts'
import { type ReplyFlaw, readReply } from './read-reply.ts'
import type { StoryPlan } from './story-plan.ts'
import { storyRequest } from './story-request.ts'
import type { StoryTeller } from './story-teller.ts'

/** How stories are asked for. */
export interface TellOptions {
  seed: number
  /** Also asks for a summary, and gives each story an instruction as its prompt. */
  instruct: boolean
  ood: boolean
  temperature: number
  maxTokens: number
  minWords: number
  maxWords: number
  /** How often one story is asked for while the replies are no stories. */
  tries: number
}

/** What came of one plan. */
export interface ToldStory {
  plan: StoryPlan
  /** Undefined when no reply was a story. */
  story: Story | undefined
  flaws: ReplyFlaw[]
  /** US dollars of all its replies; undefined where one is not known. */
  cost: number | undefined
}

/** Asks for the story of a plan, again while the replies are none. */
export async function tellStory(
  teller: StoryTeller,
  plan: StoryPlan,
  options: TellOptions,
  signal: AbortSignal,
): Promise<ToldStory> {
  const request = storyRequest(plan, options.instruct)
  const { temperature, maxTokens, seed, ood, instruct, tries } = options
  const flaws: ReplyFlaw[] = []
  let cost: number | undefined = 0
  for (let trial = 0; trial < tries; trial++) {
    const reply = await teller.complete(
      { messages: [{ role: 'user', content: request }], temperature, maxTokens, trial },
      { signal },
    )
    cost = cost === undefined || reply.cost === undefined ? undefined : cost + reply.cost
    const read = readReply(reply, plan, { ...options, summary: instruct })
    if (read.flaw !== undefined) {
      flaws.push(read.flaw)
      continue
    }
    const story: Story = {
      text: read.text,
      words: [...plan.words],
      features: plan.features,
      ...(read.summary === undefined ? {} : { summary: read.summary }),
      source: teller.model,
      prompt: request,
    }
    if (instruct) Object.assign(story, instructionFor(story, { seed, index: plan.index, ood }))
    return { plan, story, flaws, cost }
  }
  return { plan, story: undefined, flaws, cost }
}
