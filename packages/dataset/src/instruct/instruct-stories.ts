import { Random } from '@tinystories/utils/random'
import { isInstructHead } from '../formats/records/instruct.ts'
import type { RunContext, Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import { through } from '../stream/through.ts'
import { type StoryVocabulary, storyVocabulary } from '../synthesis/vocabulary.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { countWords, type WordCounts } from './count-words.ts'
import { deriveRecord } from './derive-record.ts'
import type { InstructSettings } from './instruct-settings.ts'
import { type DrawnInstruction, drawInstruction, renderInstruction } from './instruction.ts'
import { type InstructionField, instructionFields } from './instruction-fields.ts'
import { VocabularyIndex } from './vocabulary-index.ts'

/** Options of {@link instructStories}. */
export interface InstructOptions extends Pick<InstructSettings, 'template'> {
  /** Decides what each story is asked for, in each epoch something else. Default 0. */
  seed?: number
  /** Never asks for words and a summary together. Default false. */
  ood?: boolean
  /**
   * Draws the words of a plain story with weights inverse to how many stories have them, so that all words are asked for
   * about equally often. Default true; false: all words of a story are equally likely.
   */
  rareWords?: boolean
  /** Stories in which words are counted for that, the first 20,000 of them. Default: the same that get instructions. */
  countedIn?: StoryStream<Story>
  /** Where the words of plain stories are looked for. Default: the one that comes with the package. */
  vocabulary?: StoryVocabulary
}

/**
 * Gives each story an instruction as its `prompt`: what is known of it, in random subset and order, written by a template.
 * Of a plain story words and features are derived; a record of TinyStories-Instruct keeps its own subset and order.
 * `tokenize` with `prompts: true` then puts it before the story, and `pack` leaves it out of the loss.
 */
export function instructStories(stories: StoryStream<Story>, options: InstructOptions): StoryStream<Story> {
  return stories.apply(upstream => instructStage(upstream, { countedIn: stories, ...options }))
}

function instructStage(
  upstream: Stage<Story>,
  {
    template,
    seed = 0,
    ood = false,
    rareWords = true,
    vocabulary,
    countedIn,
  }: InstructOptions & { countedIn: StoryStream<Story> },
): Stage<Story> {
  const open = async (signal: AbortSignal): Promise<{ vocabulary: VocabularyIndex; counts?: WordCounts }> => {
    const index = new VocabularyIndex(vocabulary ?? (await storyVocabulary()))
    return { vocabulary: index, ...(rareWords && { counts: await countWords(countedIn, index, signal) }) }
  }
  let opened: ReturnType<typeof open> | undefined
  const openedOnce = (signal: AbortSignal): ReturnType<typeof open> => {
    opened ??= open(signal).catch(error => {
      // What was interrupted is counted again the next time.
      opened = undefined
      throw error
    })
    return opened
  }
  const random = new Random(seed)
  const allowed = instructionFields.filter(field => template.fields[field] !== undefined)

  const change = async (story: Story, { epoch, signal }: RunContext): Promise<Story> => {
    const given = ownInstruction(story, allowed)
    if (given) return { ...story, prompt: renderInstruction(template, given) }
    const known = isPlain(story)
      ? {
          ...story,
          ...deriveRecord(story.text, {
            ...(await openedOnce(signal)),
            random: random.stream('record', epoch, story.text),
          }),
        }
      : story
    const drawn = drawInstruction(known, random.stream('instruction', epoch, story.text), { ood, allowed })
    return { ...known, prompt: renderInstruction(template, drawn) }
  }
  // In one order, whatever that of the template's keys is: a saved one is read in another.
  const { fields, separator, text } = template
  const written = instructionFields.map(field => fields[field] ?? null)
  const stage = through<Story, Story>(upstream, {
    name: `instruct(seed ${seed}${ood ? ', ood' : ''}${rareWords ? ', rare words' : ''}, ${JSON.stringify([written, separator, text])})`,
    upstreamOf: from => from,
    iterate: (cursor, _from, context) => ({
      async next() {
        const item = await cursor.next()
        return item && { value: await change(item.value, context), at: item.at }
      },
      state: () => cursor.state(),
    }),
    async restore(positions, context) {
      const stories = await upstream.restore(positions, context)
      return Promise.all(stories.map(story => (story === undefined ? story : change(story, context))))
    },
  })
  return { ...stage, count: upstream.count }
}

function isPlain({ words, features, summary }: Story): boolean {
  return !words?.length && !features?.length && !summary
}

const partNames: Readonly<Record<string, InstructionField>> = {
  Words: 'words',
  Features: 'features',
  Summary: 'summary',
  'Random sentence': 'sentence',
}

/** What a record of TinyStories-Instruct asks for, in its order; its prompt ends with `Story:`. */
function ownInstruction(story: Story, allowed: readonly InstructionField[]): DrawnInstruction | undefined {
  const { prompt } = story
  if (prompt === undefined || !prompt.trimEnd().endsWith('\nStory:') || !isInstructHead(prompt))
    return undefined
  const order = new Set<InstructionField>()
  for (const [, name] of prompt.matchAll(/^(Words|Features|Summary|Random sentence):/gm)) {
    const field = partNames[name!]!
    if (allowed.includes(field) && story[field]?.length) order.add(field)
  }
  return { values: story, order: [...order] }
}
