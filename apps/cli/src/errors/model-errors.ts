import type { InterpretErrorDetails } from '@tinystories/interpret'
import type { ConfigErrorDetails, GenerationErrorDetails, ModelFileErrorDetails } from '@tinystories/model'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const configError: Wording<ConfigErrorDetails> = {
  'unknown-preset': own,
  'invalid-option': ({ option, value, allowed }) => ({
    problem: `${flagOf(option)} must be ${allowed}, got ${JSON.stringify(value)}.`,
  }),
  'heads-do-not-divide': ({ heads, hiddenSize, nearest }) => ({
    problem: `--heads ${heads} must divide --hidden ${hiddenSize}: each head takes an equal share.`,
    remedy: `Try --heads ${nearest}.`,
  }),
  'attention-length': own,
  'unknown-target': ({ target, known }) => ({
    problem: `--lora-targets: no map of the model is named "${target}".`,
    remedy: `Known: all-linear, ${known.join(', ')}.`,
  }),
  'sequence-too-long': ({ contextLength }) => ({ remedy: `Give at most ${contextLength} tokens.` }),
}

export const generationError: Wording<GenerationErrorDetails> = {
  'invalid-option': ({ option, value, allowed }) => ({
    problem: `${flagOf(option)} must be ${allowed}, got ${JSON.stringify(value)}.`,
  }),
  'empty-prompt': () => ({ remedy: 'Give --prompt.' }),
  'prompt-too-long': ({ contextLength }) => ({
    remedy: `Give a shorter --prompt, of at most ${contextLength} tokens.`,
  }),
  'unknown-token': () => ({ remedy: 'Put the tokenizer beside the model that it was trained with.' }),
  'not-finite': own,
  'out-of-memory': () => ({ remedy: 'Use --engine cpu.' }),
  'needs-node': own,
  'engine-failed': own,
}

export const interpretError: Wording<InterpretErrorDetails> = {
  'patch-shape': own,
  'no-such-part': own,
}

export const modelFileError: Wording<ModelFileErrorDetails> = {
  'missing-file': own,
  unreadable: own,
  unsupported: own,
  'invalid-config': own,
  truncated: own,
  damaged: own,
  'unsupported-dtype': own,
  'missing-tensor': own,
  'duplicate-tensor': own,
  'tensors-do-not-fit': own,
  'not-finite': own,
  'head-conflict': own,
  'unsafe-pickle': own,
  'wrong-tokenizer': own,
  'adapter-does-not-fit': own,
  'other-base': own,
  'not-exportable': ({ format }) => ({
    remedy: `Train with ${format === 'llama2c' ? '--preset llama' : '--preset llama or sample'}, or use --format onnx-fixed, which takes every model.`,
  }),
  'tokenizer-not-exportable': () => ({
    remedy:
      'Byte-level BPE is what train makes of 512 pieces and more (--vocab-size), and "tokenizer train --style gpt2".',
  }),
  'too-large': own,
  'half-overflow': own,
  'wrong-size': own,
}
