import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStories } from '@tinystories/dataset'
import { completeRecord, countWords, instructTemplates, VocabularyIndex } from '@tinystories/dataset/instruct'
import { storyVocabulary } from '@tinystories/dataset/synthesis'
import { checkInstruction } from '@tinystories/grader/measures'
import { bootstrapStatistic } from '@tinystories/grader/statistics'
import { openModel, writeInstruction, writeStory } from '@tinystories/pipeline'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'

export const name = 'instruct-following'
export const description =
  'how often stories use the words that were asked for: a run that was trained on instructions (INSTRUCT) against one of the same size that was not (PLAIN), on TINYSTORIES_DATA; STORIES says how many (100), SET which words (all sets)'

/**
 * Words are those of held-out stories, one of each part of speech, taken by the rule of training records (`rare words`,
 * counted in train.txt) and by the one before it (`any words`), and those of the 50 real headers. A program finds them in
 * any form (`checkInstruction`). The plain model is asked in the same words, and once not at all. Intervals are those of a
 * bootstrap over stories.
 */
export async function run(): Promise<BenchmarkResult> {
  const result: BenchmarkResult = { name, machine: machine(), rows: [] }
  const { INSTRUCT, PLAIN, STORIES = '100', SET } = process.env
  const data = process.env.TINYSTORIES_DATA ?? new URL('../../../../shared/data', import.meta.url).pathname
  if (INSTRUCT === undefined || PLAIN === undefined) {
    console.error(
      'Name the two runs in INSTRUCT and PLAIN; the newest result in benchmarks/results has the commands that train them.',
    )
    return result
  }
  const sets: Record<string, string[][]> = {
    'rare words': await wordsOf(data, Number(STORIES), true),
    'any words': await wordsOf(data, Number(STORIES), false),
    'words of real headers': await realWords(data),
  }
  for (const [set, asked] of Object.entries(sets)) {
    if (SET !== undefined && SET !== set) continue
    const followed = await followedWords(INSTRUCT, asked, true)
    const plainAsked = await followedWords(PLAIN, asked, true)
    const plainAlone = await followedWords(PLAIN, asked, false)
    result.rows.push(
      row(`${set} of ${asked.length} stories, asked alike`, followed, plainAsked),
      row(`${set} of ${asked.length} stories, the plain model not asked`, followed, plainAlone),
    )
  }
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
  // Where the plain model follows nearly nothing, some draws divide by zero.
  const format = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : 'any number')
  return {
    case: `words followed: ${label}; ratio from ${format(ratio.interval[0])} to ${format(ratio.interval[1])} (95 %)`,
    metric: 'share of the words',
    ours: share(instruct),
    peer: 'plain model of the same size',
    peerValue: share(plain),
    ratio: ratio.value,
  }
}

async function wordsOf(data: string, count: number, rare: boolean): Promise<string[][]> {
  const vocabulary = new VocabularyIndex(await storyVocabulary())
  const counts = rare && (await countWords(openStories(join(data, 'tinystories/train.txt')), vocabulary))
  const lists: string[][] = []
  const stories = openStories(join(data, 'tinystories/valid.txt'))
  for await (const story of stories.shuffle({ seed: 1, bufferSize: 1000 })) {
    const { words } = completeRecord(story, { vocabulary, seed: 1, ...(counts && { counts }) })
    if (words?.length === 3) lists.push(words)
    if (lists.length === count) break
  }
  return lists
}

async function realWords(data: string): Promise<string[][]> {
  const text = await readFile(join(data, 'instruct/valid-headers-50.json'), 'utf8')
  return Array.from(text.matchAll(/Words: (.+?)\\n/g), ([, words]) => words!.split(', '))
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
