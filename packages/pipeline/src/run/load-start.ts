import type { InstructTemplate } from '@tinystories/dataset/instruct'
import { type GptConfig, parameterShapes } from '@tinystories/model'
import {
  encodeSafetensors,
  loadPretrainedArrays,
  openSafetensors,
  type PretrainedArrays,
} from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { type Checkpoint, CheckpointStore, TrainerError } from '@tinystories/trainer'
import { PipelineError } from '../errors.ts'
import { locateModel, type ModelAccess } from '../model/locate-model.ts'
import { loadModelTokenizer } from '../model/model-tokenizer.ts'
import { withAdapter } from '../model/with-adapter.ts'
import { templateOfModel } from '../source/load-instruct-template.ts'
import { runFolder } from './run-folder.ts'
import type { RunOptions } from './run-options.ts'

/** The model that a run starts from. */
export interface StartModel extends Pick<PretrainedArrays, 'config' | 'parameters'> {
  /** That of the model, or the one that was asked for instead. */
  tokenizer: Tokenizer
  /** Where the model says how it is asked: it was trained on instructions. */
  template: InstructTemplate | undefined
  /** What the run that it came from had of its optimizer, with its steps; only where that is asked for. */
  optimizer?: { state: Record<string, Record<string, Float32Array>>; steps: number }
}

/** Options that decide the shape of a model, which one that is there already has. */
const shapeOptions = ['preset', 'hiddenSize', 'layers', 'heads', 'vocabSize'] as const

/**
 * Loads the model that a run starts from, with its tokenizer unless another one is asked for.
 *
 * @throws PipelineError `decided-by-model`, `no-model`, `no-optimizer-state`; ModelFileError `wrong-tokenizer` and those of the model's files
 */
export async function loadStart(
  from: string,
  options: RunOptions,
  access: ModelAccess,
  signal: AbortSignal | undefined,
): Promise<StartModel> {
  for (const option of shapeOptions)
    if (options[option] !== undefined) throw new PipelineError('decided-by-model', { from, option })
  const folder = await locateModel(from, access, signal)
  const model = await loadPretrainedArrays(folder)
  const { tokenizer } = await loadModelTokenizer(folder, model, { ...access, path: options.tokenizer })
  const { config } = model
  const template = await templateOfModel(folder)
  if (options.keepOptimizer) {
    const { state, progress } = await readState(from, config)
    const optimizer = { state: state.optimizer, steps: progress.step }
    return { config, parameters: state.parameters, tokenizer, template, optimizer }
  }
  const parameters =
    options.adapter === undefined ? model.parameters : await withAdapter(options.adapter, model)
  return { config, parameters, tokenizer, template }
}

/** The newest checkpoint of a run of ours. @throws PipelineError `no-optimizer-state` where there is none */
async function readState(from: string, config: GptConfig): Promise<Checkpoint> {
  try {
    return await new CheckpointStore({
      folder: runFolder(from).checkpoints,
      shapes: parameterShapes(config),
      format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
    }).readNewest()
  } catch (error) {
    if (!TrainerError.isInstance(error) || error.code !== 'no-checkpoint') throw error
    throw new PipelineError('no-optimizer-state', { from }, { cause: error })
  }
}
