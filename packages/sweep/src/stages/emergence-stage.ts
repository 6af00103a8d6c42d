import { join } from 'node:path'
import { type ProbeKind, runProbes, summarizeProbes } from '@tinystories/interpret/probes'
import type { GptConfig } from '@tinystories/model'
import { openSafetensors } from '@tinystories/model/files'
import { createWasmModel, type WasmModel } from '@tinystories/model/generation'
import { openModel, readMetrics, readSettings, runFolder, scoreEndings } from '@tinystories/pipeline'
import { listFolder } from '@tinystories/utils/disk'
import type { Json, Stage } from '../tasks/stage.ts'
import { resultSchemas } from './result-schemas.ts'
import type { StageOptions } from './stage-options.ts'

/** What a model could do after some of its training. */
export interface EmergencePoint {
  step: number
  tokens: number
  /** On held-out stories; null where that step was not evaluated. */
  bitsPerByte: number | null
  /** Shares of probe items passed. */
  probes: Record<ProbeKind, { passed: number; items: number }>
}

/** What {@link emergenceStage} leaves: points in the order of training. */
export interface EmergenceResult {
  points: EmergencePoint[]
}

const kinds = ['grammar', 'facts', 'reasoning', 'context'] as const

/** Probes the checkpoints of a training, the first, the second, the fourth and so on, and the last. */
export function emergenceStage(_: StageOptions): Stage {
  return {
    name: 'emergence',
    version: 1,
    resultSchema: resultSchemas.emergence!,
    after: ['train'],
    // An instruct model is asked by instructions.
    applies: ({ instruct }) => !instruct,
    settings: () => null,
    async run({ folders, signal, onProgress }) {
      const run = runFolder(join(folders.train!, 'run'))
      await using trained = await openModel(run.folder, { signal })
      const { model: config } = await readSettings(run)
      const { lines } = await readMetrics(run.metrics)
      const steps = chooseSteps(await checkpointSteps(run.checkpoints))
      const points: EmergencePoint[] = []
      for (const [at, { step, folder }] of steps.entries()) {
        const parameters = join(run.checkpoints, folder, 'parameters.safetensors')
        const model = await loadCheckpoint(config, parameters)
        try {
          const results = await runProbes(
            (prompt, endings) => scoreEndings({ ...trained, model }, prompt, endings),
            { signal, onProgress: ({ done, total }) => onProgress((at + done / total) / steps.length) },
          )
          const share = (kind: ProbeKind) => {
            const { passed, items } = summarizeProbes(results, kind)
            return { passed, items }
          }
          const evaluation = lines.findLast(line => line.type === 'evaluation' && line.step === step)
          const trainedOn = lines.findLast(line => line.type === 'step' && line.step <= step)
          points.push({
            step,
            tokens: trainedOn?.type === 'step' ? Math.round((trainedOn.tokens / trainedOn.step) * step) : 0,
            bitsPerByte: evaluation?.type === 'evaluation' ? evaluation.bitsPerByte : null,
            probes: Object.fromEntries(kinds.map(kind => [kind, share(kind)])) as EmergencePoint['probes'],
          })
        } finally {
          await model.dispose()
        }
      }
      return { points } as unknown as Json
    },
  }
}

/** The checkpoints of a training in their order. */
async function checkpointSteps(folder: string): Promise<{ step: number; folder: string }[]> {
  const steps = (await listFolder(folder)).flatMap(name => {
    const [, step] = /^step-(\d+)$/.exec(name) ?? []
    return step === undefined ? [] : [{ step: Number(step), folder: name }]
  })
  return steps.sort((a, b) => a.step - b.step)
}

/** The first, the second, the fourth and so on, and the last: what emerges, emerges early. */
export function chooseSteps<T>(steps: readonly T[]): T[] {
  return steps.filter((_, at) => at === steps.length - 1 || Number.isInteger(Math.log2(at + 1)))
}

async function loadCheckpoint(config: GptConfig, path: string): Promise<WasmModel> {
  const file = await openSafetensors(path)
  try {
    const parameters: Record<string, Float32Array> = {}
    for (const [name] of file.tensors) parameters[name] = await file.read(name)
    return await createWasmModel({ config, parameters })
  } finally {
    await file.close()
  }
}
