import { join } from 'node:path'
import { modelCost } from '@tinystories/model'
import {
  type Plan,
  planResume,
  planRun,
  prepareRun,
  type RunFolder,
  runFolder,
  train,
} from '@tinystories/pipeline'
import type { EvaluationResult } from '@tinystories/trainer'
import { listFolder, removePath } from '@tinystories/utils/disk'
import { type Cell, trainingBytes } from '../spec/expand-cells.ts'
import type { SweepRecipe } from '../spec/sweep-spec.ts'
import type { Json, Stage } from '../tasks/stage.ts'
import { resultSchemas } from './result-schemas.ts'
import { dataOf, type StageOptions } from './stage-options.ts'

/** What {@link trainStage} leaves, besides the run in `run/`. */
export interface TrainResult {
  parameters: number
  /** Without embeddings. */
  coreParameters: number
  tokens: number
  steps: number
  /** FLOPs of the whole training. */
  flops: number
  bitsPerByte: number
  /** Nats per token. */
  loss: number
  accuracy: number
}

/** Trains the model of a cell and evaluates it on the held-out stories; resumes where it was interrupted. */
export function trainStage({ spec, fingerprintOf, access, threads }: StageOptions): Stage {
  const { heldOut, context, batchSize } = spec
  const recipeOf = ({ recipe }: Cell): SweepRecipe | undefined =>
    recipe === null ? undefined : spec.recipes?.[recipe]
  // What a cell leaves at its default is left out, so that new axes do not change what old cells are known by.
  const settings = (cell: Cell): Json => {
    const { hidden, layers, heads, seed, tokens, learningRate } = cell
    const recipe = recipeOf(cell)
    return {
      ...{ fingerprint: fingerprintOf(cell), context, batchSize },
      ...{ hidden, layers, heads, seed, tokens, learningRate },
      ...(recipe && { recipe: definedOf(recipe) }),
      // How words of plain stories are chosen: those trained by an earlier rule are trained again.
      ...(cell.instruct && { instruct: spec.instruct, rareWords: true }),
    }
  }
  return {
    name: 'train',
    version: 1,
    resultSchema: resultSchemas.train!,
    leavesFiles: true,
    after: ['prepare'],
    settings,
    needs: cell => ({
      cores: spec.needs?.cores ?? 1,
      memory: spec.needs?.memory ?? Math.ceil(0.5 + trainingBytes(cell, spec) / 1e9),
      gpu: spec.needs?.gpu ?? false,
    }),
    async run({ cell, folder, folders, signal, onProgress }) {
      const run = runFolder(join(folder, 'run'))
      const { hidden: hiddenSize, layers, heads, seed, tokens, learningRate } = cell
      const plan: Plan = (await hasCheckpoint(run))
        ? await planResume(run.folder, { tokens }, { access, signal })
        : await planRun(
            {
              // The paper's blocks, whatever `train` takes by default; the sizes are the cell's.
              preset: 'sample',
              ...usualRecipe,
              // The usual warmup would be longer than a very short training.
              warmupSteps: Math.min(usualWarmup, Math.ceil(tokens / batchSize / context / 10)),
              ...definedOf(recipeOf(cell) ?? {}),
              ...{
                data: dataOf(cell, spec),
                valid: heldOut,
                tokenizer: join(folders.prepare!, 'tokenizer.json'),
              },
              ...{ hiddenSize, layers, heads, contextLength: context, batchSize, seed, tokens, threads },
              ...(cell.instruct && { instruct: spec.instruct, dropLong: true }),
              ...(learningRate !== null && { learningRate }),
              ...evaluationRhythm(tokens, batchSize * context),
            },
            { access, signal },
          )
      let score: EvaluationResult | undefined
      const result = await train(await prepareRun(plan, run.folder), {
        signal,
        onEvent(event) {
          if (event.type === 'score') score = event.score
          if (event.type === 'metrics' && event.line.type === 'step')
            onProgress(event.line.tokens / tokens, `loss ${event.line.loss.toFixed(3)}`)
        },
      })
      signal.throwIfAborted()
      if (score === undefined) throw new Error(`The training of ${cell.name} ended without a score.`)
      const { flopsPerToken, parameters } = modelCost(plan.settings.model)
      return {
        parameters: parameters.total,
        coreParameters: parameters.core,
        tokens: result.tokens,
        steps: result.step,
        flops: flopsPerToken.training * result.tokens,
        bitsPerByte: score.bitsPerByte,
        loss: score.nats,
        accuracy: score.accuracy,
      } satisfies TrainResult
    },
  }
}

/** A recipe without the options that it leaves open. */
function definedOf(recipe: SweepRecipe): { [Name in keyof SweepRecipe]?: NonNullable<SweepRecipe[Name]> } {
  return Object.fromEntries(Object.entries(recipe).filter(([, value]) => value !== undefined))
}

/** Whether there is something to resume from; what a kill left before the first checkpoint is taken away. */
async function hasCheckpoint(run: RunFolder): Promise<boolean> {
  const checkpoints = await listFolder(run.checkpoints)
  if (checkpoints.some(name => name.startsWith('step-'))) return true
  await removePath(run.folder)
  return false
}

/**
 * The recipe of cells that name none. It stands here, and not as the default of `tinystories train`, so that cells of one
 * sweep are trained alike whatever that becomes: the stage's version is raised with it.
 */
const usualRecipe = {
  optimizer: 'muon',
  schedule: 'cosine',
  learningRate: 3e-3,
  weightDecay: 0.1,
  accumulate: 1,
} as const
const usualWarmup = 100

/** Twenty evaluations and checkpoints in a training, whatever its length; all are kept, to see what emerges when. */
function evaluationRhythm(tokens: number, tokensPerStep: number) {
  const every = Math.max(fewestSteps, Math.ceil(tokens / tokensPerStep / checkpoints))
  return { evaluateEvery: every, checkpointEvery: every, keepCheckpoints: checkpoints }
}

const checkpoints = 20
/** Between two of them: a very short training is not spent on evaluating. */
const fewestSteps = 8
