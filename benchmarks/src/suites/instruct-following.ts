import { join } from 'node:path'
import { openStories } from '@tinystories/dataset'
import { completeRecord, instructTemplates, VocabularyIndex } from '@tinystories/dataset/instruct'
import { storyVocabulary } from '@tinystories/dataset/synthesis'
import { checkInstruction } from '@tinystories/grader/measures'
import { bootstrapStatistic } from '@tinystories/grader/statistics'
import { openModel, writeInstruction, writeStory } from '@tinystories/pipeline'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'

export const name = 'instruct-following'
export const description =
  'how often stories use the words that were asked for: a run that was trained on instructions (INSTRUCT) against one of the same size that was not (PLAIN), on TINYSTORIES_DATA; STORIES says how many (100)'

/**
 * Words are those of held-out stories, one of each part of speech. A program finds them in any form (`checkInstruction`).
 * The plain model is asked in the same words, and once not at all. Intervals are those of a bootstrap over stories.
 */
export async function run(): Promise<BenchmarkResult> {
  const result: BenchmarkResult = { name, machine: machine(), rows: [] }
  const { INSTRUCT, PLAIN, STORIES = '100' } = process.env
  const data = process.env.TINYSTORIES_DATA ?? new URL('../../../../shared/data', import.meta.url).pathname
  if (INSTRUCT === undefined || PLAIN === undefined) {
    console.error(
      'Name the two runs in INSTRUCT and PLAIN; the newest result in benchmarks/results has the commands that train them.',
    )
    return result
  }
  const asked = await wordsOf(join(data, 'tinystories/valid.txt'), Number(STORIES))
  const followed = await followedWords(INSTRUCT, asked, true)
  const plainAsked = await followedWords(PLAIN, asked, true)
  const plainAlone = await followedWords(PLAIN, asked, false)
  result.rows.push(
    row('asked alike', followed, plainAsked),
    row('the plain model not asked', followed, plainAlone),
  )
  return result
}

/** Words asked for with each story, and which of them it uses: 1 or 0. */
type Followed = number[][]

function row(label: string, instruct: Followed, plain: Followed): BenchmarkRow {
  const share = (lists: readonly number[][]): number => {
    const flags = lists.flat()
    return flags.reduce((sum, flag) => sum + flag, 0) / flags.length
  }
  const pairs = instruct.map((flags, i) => [{ flags, other: plain[i]! }])
  const ratio = bootstrapStatistic(
    pairs,
    items => share(items.map(({ flags }) => flags)) / share(items.map(({ other }) => other)),
    { draws: 4000 },
  )
  const format = (value: number): string => value.toFixed(2)
  return {
    case: `words followed, ${label}; ratio from ${format(ratio.interval[0])} to ${format(ratio.interval[1])} (95 %)`,
    metric: 'share of the words',
    ours: share(instruct),
    peer: 'plain model of the same size',
    peerValue: share(plain),
    ratio: ratio.value,
  }
}

async function wordsOf(file: string, count: number): Promise<string[][]> {
  const vocabulary = new VocabularyIndex(await storyVocabulary())
  const lists: string[][] = []
  for await (const story of openStories(file).shuffle({ seed: 1, bufferSize: 1000 })) {
    const { words } = completeRecord(story, { vocabulary, seed: 1 })
    if (words?.length === 3) lists.push(words)
    if (lists.length === count) break
  }
  return lists
}

async function followedWords(model: string, lists: readonly string[][], ask: boolean): Promise<Followed> {
  await using opened = await openModel(model)
  const followed: Followed = []
  for (const [i, words] of lists.entries()) {
    const instruction = ask ? writeInstruction({ words }, instructTemplates.tinystories) : ''
    let story = ''
    const options = { prompt: '', instruction, seed: i, temperature: 0.7, maxTokens: 200 }
    for await (const piece of writeStory(opened, options)) story += piece
    const check = checkInstruction({ words }, story)
    followed.push(words.map(word => (check.words[word] ? 1 : 0)))
    if (i < 3) console.error(`${model} ${words.join(', ')}: ${story.slice(0, 160).replaceAll('\n', ' ')}`)
  }
  return followed
}
