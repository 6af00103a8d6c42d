import type { BackendErrorDetails } from '@tinystories/backends'
import type { CompilerErrorDetails } from '@tinystories/compiler'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const backendError: Wording<BackendErrorDetails> = {
  'unknown-backend': own,
  'missing-package': own,
  'missing-addon': own,
  'package-does-not-load': ({ package: name }) => ({
    remedy: `Run npm rebuild ${name} with the present version of Node, or choose another --engine.`,
  }),
  'does-not-start': () => ({ remedy: 'Choose another --engine.' }),
  'no-gpu': ({ backend }) => ({
    remedy: `Install its driver${backend === 'webgpu' ? ' (on Linux one for Vulkan)' : ', CUDA and cuDNN'}, or choose another --engine.`,
  }),
  'already-loaded': () => ({ remedy: 'Choose the same --engine everywhere.' }),
}

export const compilerError: Wording<CompilerErrorDetails> = {
  'unsupported-kernel': own,
  'unsupported-type': own,
  'unsupported-dtype': own,
  'read-while-tracing': own,
  'captured-tensor': own,
  'computed-variable': own,
  'random-while-tracing': own,
  'nested-trace': own,
  'async-function': own,
  'invalid-result': own,
  'invalid-tree': own,
  'invalid-array': own,
  'missing-input': own,
  'unknown-array': own,
  'unwritten-state': () => ({ remedy: undefined }),
  'lost-state': own,
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${flagOf(option)} is ${JSON.stringify(value)}, but must be ${expected}.`,
  }),
  'missing-package': own,
  'package-does-not-load': own,
  'missing-provider': () => ({ remedy: 'Install that, or leave --provider out.' }),
  'device-lost': () => ({
    remedy: 'Resume from the last checkpoint, on another --provider if it happens again.',
  }),
  'runtime-failed': own,
  disposed: own,
}
