import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@tinystories/backends'
import { openStories } from '@tinystories/dataset'
import { evaluationSet, trainingBatches } from '@tinystories/pipeline/recipe'
import { trainTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, machine } from '../harness.ts'
import { baseRecipe, candidates } from '../recipe-search/candidates.ts'
import { type SearchData, type Trial, tryCandidate } from '../recipe-search/try-candidate.ts'

export const name = 'recipe-search'
export const description =
  'successive halving over models and recipes on train.txt, scored on stories cut from it (BUDGETS=400000,1600000,6400000 tokens, SEEDS=1 of the last rung, THREADS=2, CONTEXT=256, WIDTH=128, VOCABULARY=4096, TRIALS=file to go on from)'

/** Every so many-th story of train.txt is held out. `valid.txt` is never opened here. */
const holdOutEvery = 20
const storiesScored = 200

/**
 * Each rung trains what is left for more tokens, then the better half goes on. Budgets are counted in tokens, so that a
 * busy machine finds the same as an idle one.
 */
export async function run(): Promise<BenchmarkResult> {
  const numbers = (key: string, fallback: string): number[] =>
    (process.env[key] ?? fallback).split(',').map(Number)
  const budgets = numbers('BUDGETS', '400000,1600000,6400000')
  const number = (key: string, fallback: number): number => numbers(key, String(fallback))[0]!
  const seeds = number('SEEDS', 1)
  const trials = await openTrials()
  await useBackend('cpu')
  const data = await openData({
    threads: number('THREADS', 2),
    contextLength: number('CONTEXT', 256),
    hiddenSize: number('WIDTH', 128),
    vocabSize: number('VOCABULARY', 4096),
  })
  let left = candidates
  for (const [rung, tokens] of budgets.entries()) {
    const scores = new Map<string, number>()
    for (const candidate of left) {
      let sum = 0
      const count = rung === budgets.length - 1 ? seeds : 1
      for (let seed = 1; seed <= count; seed++)
        sum += await trials.score(candidate.name, tokens, seed, () =>
          tryCandidate(candidate, data, { tokens, seed }),
        )
      scores.set(candidate.name, sum / count)
    }
    left = [...left].sort((a, b) => scores.get(a.name)! - scores.get(b.name)!)
    // The base stays in to the end: a gain is one over it at the same budget.
    const kept = left.slice(0, Math.ceil(left.length / 2))
    left = [...kept, ...left.slice(kept.length).filter(({ name }) => name === 'base')]
  }
  const last = budgets.at(-1)!
  const base = trials.mean('base', last)
  return {
    name,
    machine: machine(),
    rows: trials.all.map(({ candidate, tokens, seed, bitsPerByte }) => ({
      case: `${candidate}, ${tokens.toLocaleString('en')} tokens, seed ${seed}`,
      metric: 'bits per byte, held out of train.txt',
      ours: bitsPerByte,
      peer: 'base',
      peerValue: tokens === last ? base : trials.mean('base', tokens),
      ratio: (tokens === last ? base : trials.mean('base', tokens)) / bitsPerByte,
    })),
  }
}

/** Trials of this and, with TRIALS, of earlier calls: each is made once. */
async function openTrials() {
  const path = process.env.TRIALS
  const all: Trial[] =
    path !== undefined && existsSync(path)
      ? (await readFile(path, 'utf8'))
          .trim()
          .split('\n')
          .map(line => JSON.parse(line) as Trial)
      : []
  return {
    all,
    mean(candidate: string, tokens: number): number {
      const same = all.filter(trial => trial.candidate === candidate && trial.tokens === tokens)
      return same.reduce((sum, { bitsPerByte }) => sum + bitsPerByte, 0) / same.length
    },
    async score(
      candidate: string,
      tokens: number,
      seed: number,
      make: () => Promise<Trial>,
    ): Promise<number> {
      const known = all.find(
        trial => trial.candidate === candidate && trial.tokens === tokens && trial.seed === seed,
      )
      if (known) return known.bitsPerByte
      const trial = await make()
      all.push(trial)
      console.error(`${candidate}, ${tokens} tokens, seed ${seed}: ${trial.bitsPerByte.toFixed(4)}`)
      if (path !== undefined) await writeFile(path, `${JSON.stringify(trial)}\n`, { flag: 'a' })
      return trial.bitsPerByte
    },
  }
}

async function openData(
  sizes: Pick<SearchData, 'threads' | 'contextLength' | 'hiddenSize' | 'vocabSize'>,
): Promise<SearchData> {
  const { contextLength } = sizes
  const root =
    process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
  const path = join(root, 'tinystories', 'train.txt')
  if (!existsSync(path))
    throw new Error(`there is no ${path}: name the folder of the data in TINYSTORIES_DATA`)
  const stories = await openStories(path).toArray()
  const [train, heldOut] = [false, true].map(held =>
    stories.filter((_, i) => (i % holdOutEvery === holdOutEvery - 1) === held),
  ) as [typeof stories, typeof stories]
  const tokenizer = await trainTokenizer(
    train.map(({ text }) => text),
    { vocabSize: sizes.vocabSize },
  )
  return {
    ...sizes,
    vocabSize: tokenizer.vocabSize,
    batches: ({ batchSize, seed }) =>
      trainingBatches(openStories(train), { tokenizer, contextLength, batchSize, seed }),
    evaluation: () =>
      evaluationSet(openStories(heldOut), {
        tokenizer,
        contextLength,
        batchSize: baseRecipe.batchSize,
        sampleSize: storiesScored,
      }),
  }
}
