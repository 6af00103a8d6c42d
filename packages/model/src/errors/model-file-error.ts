import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/** A tensor that does not fit the model. */
export interface TensorProblem {
  tensor: string
  problem: 'missing' | 'unexpected' | 'shape'
  /** Shapes, where the shape is the problem. */
  found?: readonly number[]
  expected?: readonly number[]
}

/** Formats of other programs: `onnx` is transformers.js's, `gguf` llama.cpp's. */
export type ExportFormat = 'transformers' | 'onnx' | 'gguf' | 'llama2c'

const programs: Record<ExportFormat, string> = {
  transformers: 'transformers',
  onnx: 'transformers.js',
  gguf: 'llama.cpp',
  llama2c: 'llama2.c',
}

/** Details of a {@link ModelFileError} by its code. `path` is the file, or the folder where none is named. */
export interface ModelFileErrorDetails {
  /** The folder, or the files given, has none of `files`. */
  'missing-file': { path: string; files: readonly string[] }
  /** The file cannot be opened or read; `reason` is the system's code or message. */
  unreadable: { path: string; reason: string }
  /** `config.json` holds a value of the field that is not supported. */
  unsupported: { path: string; field: string; value: unknown; supported?: readonly string[] }
  /** `config.json` describes a model that cannot be; the cause is a `ConfigError`. */
  'invalid-config': { path: string; reason: string }
  /** The file ends before what it describes. */
  truncated: { path: string; bytes: number; needed: number }
  /** What the header of a weight file says cannot be. */
  damaged: { path: string; tensor?: string; reason: string }
  /** The tensor's values are of a type that holds no weights here. */
  'unsupported-dtype': { path: string; tensor: string; dtype: string }
  'missing-tensor': { path: string; tensor: string }
  'duplicate-tensor': { path: string; tensor: string }
  'tensors-do-not-fit': {
    path: string
    problems: readonly TensorProblem[]
    layers: number
    hiddenSize: number
  }
  /** The value at `index` of a tensor is NaN or infinite. */
  'not-finite': { path: string; tensor: string; value: number; index: number }
  /** `config.json` ties the head to the embedding, but the file brings another head. */
  'head-conflict': { path: string }
  /** A pickle asks for something that is no tensor: `found` is the name or the operation. Nothing of it was run. */
  'unsafe-pickle': { path: string; found: string }
  /** The tokenizer, of `tokens` tokens, is not the one that the model was trained with. */
  'wrong-tokenizer': { path: string; tokens: number; vocabSize: number }
  /** A tensor of an adapter does not belong to the model, or has another shape; none: the file has no adapter. */
  'adapter-does-not-fit': {
    path: string
    tensor?: string
    found?: readonly number[] | undefined
    expected?: readonly number[]
  }
  /** The adapter was trained on other weights. */
  'other-base': { path: string }
  /** The program has no model of this kind; `parts` names what it lacks. `format` says for which program the file is. */
  'not-exportable': { parts: readonly string[]; format: ExportFormat }
  /** The program has no tokenizer of this kind; `supported` names those that it has. */
  'tokenizer-not-exportable': { format: ExportFormat; supported: readonly string[] }
  /** A file of this format cannot hold so many bytes. */
  'too-large': { format: ExportFormat; bytes: number; limit: number }
  /** A value too large for the half precision that was asked for. */
  'half-overflow': { tensor: string; value: number; index: number }
  /** A tensor to be written has another number of values than its shape. */
  'wrong-size': { tensor: string; values: number; shape: readonly number[] }
}

const shownProblems = 12

/** A model's files cannot be read, do not fit together, or cannot be written. */
export const ModelFileError: ErrorClass<'ModelFileError', ModelFileErrorDetails> = defineError(
  'ModelFileError',
  {
    'missing-file': ({ path, files }) => ({
      problem: `${path}: has no ${files.join(' and no ')}.`,
      remedy: 'Check that it is the folder of a model.',
    }),
    unreadable: ({ path, reason }) => ({ problem: `${path}: cannot be read (${reason}).` }),
    unsupported: ({ path, field, value, supported }) => ({
      problem: `${path}: ${field} ${showValue(value)} is not supported.`,
      ...(supported && { remedy: `Supported: ${supported.join(', ')}.` }),
    }),
    'invalid-config': ({ path, reason }) => ({ problem: `${path}: ${reason}` }),
    truncated: ({ path, bytes, needed }) => ({
      problem: `${path}: has ${bytes} bytes, but needs ${needed}: it is cut off.`,
      remedy: 'Get the file again.',
    }),
    damaged: ({ path, tensor, reason }) => ({
      problem: `${path}: ${tensor === undefined ? '' : `tensor "${tensor}" `}${reason}.`,
      remedy: 'Check that it is the right file, or get it again.',
    }),
    'unsupported-dtype': ({ path, tensor, dtype }) => ({
      problem: `${path}: tensor "${tensor}" has the type ${dtype}, which cannot hold weights here.`,
      remedy: 'Convert the file to F32, F16 or BF16.',
    }),
    'missing-tensor': ({ path, tensor }) => ({ problem: `${path}: has no tensor "${tensor}".` }),
    'duplicate-tensor': ({ path, tensor }) => ({
      problem: `${path}: tensor "${tensor}" comes a second time.`,
    }),
    'tensors-do-not-fit': ({ path, problems, layers, hiddenSize }) => {
      const more = problems.length > shownProblems ? `; and ${problems.length - shownProblems} more` : ''
      const list = problems.slice(0, shownProblems).map(describeTensor).join('; ')
      return {
        problem: `${path}: does not fit the configuration (${layers} layers of width ${hiddenSize}): ${list}${more}.`,
      }
    },
    'not-finite': ({ path, tensor, value, index }) => ({
      problem: `${path}: tensor "${tensor}" holds ${value} at ${index}.`,
      remedy: 'The model is broken; take an earlier checkpoint.',
    }),
    'head-conflict': ({ path }) => ({
      problem: `${path}: config.json ties the head to the embedding, but lm_head.weight differs from it.`,
      remedy: 'Set "tie_word_embeddings" to false in config.json, or remove lm_head.weight.',
    }),
    'unsafe-pickle': ({ path, found }) => ({
      problem: `${path}: its pickle asks for ${found}, which is no part of a model's weights. Nothing of it was run.`,
      remedy: 'Do not trust this file; get the model as safetensors.',
    }),
    'wrong-tokenizer': ({ path, tokens, vocabSize }) => ({
      problem: `${path}: its tokenizer, of ${tokens} tokens, is not the one that its model, of ${vocabSize}, was trained with.`,
      remedy: 'Put the tokenizer beside the model that it was trained with.',
    }),
    'adapter-does-not-fit': ({ path, tensor, found, expected }) => ({
      problem:
        tensor === undefined
          ? `${path}: has no tensor of an adapter.`
          : expected === undefined
            ? `${path}: the model has no place for the tensor "${tensor}".`
            : `${path}: tensor "${tensor}" is ${found === undefined ? 'missing' : `[${found}]`}, and the model needs [${expected}].`,
      remedy: 'Check that the adapter was trained for this model.',
    }),
    'other-base': ({ path }) => ({
      problem: `${path}: the adapter was trained on other weights than those of this model.`,
      remedy: 'Give the model that it was trained on.',
    }),
    'not-exportable': ({ parts, format }) => ({
      problem: `${programs[format]} has no model with ${parts.join(' and ')}.`,
      remedy: 'Train one with the preset llama, which it has.',
    }),
    'tokenizer-not-exportable': ({ format, supported }) => ({
      problem: `${programs[format]} has no tokenizer of this model's kind: it has ${supported.join(' and ')}.`,
      remedy: 'Train a model with one of these.',
    }),
    'too-large': ({ format, bytes, limit }) => ({
      problem: `A file for ${programs[format]} holds at most ${limit} bytes, and these weights have ${bytes}.`,
      remedy: 'Export it for another program.',
    }),
    'half-overflow': ({ tensor, value, index }) => ({
      problem: `Tensor "${tensor}" holds ${value} at ${index}, which is too large for half precision.`,
      remedy: 'Save it as F32.',
    }),
    'wrong-size': ({ tensor, values, shape }) => ({
      problem: `Tensor "${tensor}" has ${values} values, which is not the size of [${shape}].`,
    }),
  },
)
export type ModelFileError = ErrorOf<typeof ModelFileError>

function describeTensor({ tensor, problem, found, expected }: TensorProblem): string {
  if (problem === 'missing') return `"${tensor}" is missing`
  if (problem === 'unexpected') return `"${tensor}" is not part of the model`
  return `"${tensor}" is [${found}], not [${expected}]`
}
