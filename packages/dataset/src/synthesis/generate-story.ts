import { instructionFor } from '../instruct/instruction.ts'
import type { Story } from '../stream/story.ts'
import { type RejectionReason, type RemovedPart, readReply } from './read-reply.ts'
import type { StoryPlan } from './story-plan.ts'
import { storyRequest } from './story-request.ts'
import type { SynthesisClient } from './synthesis-client.ts'

/** How stories are asked for. */
export interface GenerateOptions {
  seed: number
  /** Also asks for a summary, and gives each story an instruction as its prompt. */
  instruct: boolean
  ood: boolean
  temperature: number
  maxTokens: number
  minWords: number
  maxWords: number
  /** How often one story is asked for while the replies are rejected. */
  attempts: number
}

/** What one plan gave. */
export interface GeneratedStory {
  plan: StoryPlan
  /** Undefined when all replies were rejected. */
  story: Story | undefined
  /** Why replies were rejected, in their order. */
  rejected: RejectionReason[]
  /** What was removed from the reply around the story. */
  removed: RemovedPart[]
  /** US dollars of all its replies; undefined where one is not known. */
  cost: number | undefined
}

/** Asks for the story of a plan, again while the replies are rejected. */
export async function generateStory(
  client: SynthesisClient,
  plan: StoryPlan,
  options: GenerateOptions,
  signal: AbortSignal,
): Promise<GeneratedStory> {
  const request = storyRequest(plan, options.instruct)
  const { temperature, maxTokens, seed, ood, instruct, attempts } = options
  const rejected: RejectionReason[] = []
  let cost: number | undefined = 0
  for (let trial = 0; trial < attempts; trial++) {
    const reply = await client.complete(
      { messages: [{ role: 'user', content: request }], temperature, maxTokens, trial },
      { signal },
    )
    cost = cost === undefined || reply.cost === undefined ? undefined : cost + reply.cost
    const read = readReply(reply, plan, { ...options, summary: instruct })
    if ('rejected' in read) {
      rejected.push(read.rejected)
      continue
    }
    const story: Story = {
      text: read.text,
      words: [...plan.words],
      features: plan.features,
      ...(read.summary === undefined ? {} : { summary: read.summary }),
      source: client.model,
      prompt: request,
    }
    if (instruct) Object.assign(story, instructionFor(story, { seed, index: plan.index, ood }))
    return { plan, story, rejected, removed: read.removed, cost }
  }
  return { plan, story: undefined, rejected, removed: [], cost }
}
