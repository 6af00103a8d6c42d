import type { BackendErrorDetails } from '@tinystories/backends'
import type { CompilerErrorDetails } from '@tinystories/compiler'
import type { DatasetErrorDetails, TokenShardErrorDetails } from '@tinystories/dataset'
import type { SynthesisErrorDetails } from '@tinystories/dataset/synthesis'
import type { GraderErrorDetails } from '@tinystories/grader'
import type { InterpretErrorDetails } from '@tinystories/interpret'
import type { LlmErrorDetails } from '@tinystories/llm'
import type { ConfigErrorDetails, GenerationErrorDetails, ModelFileErrorDetails } from '@tinystories/model'
import type { PipelineErrorDetails, PushErrorDetails } from '@tinystories/pipeline'
import type { SweepErrorDetails } from '@tinystories/sweep'
import type { TokenizerErrorDetails } from '@tinystories/tokenizer'
import type { TrainerErrorDetails } from '@tinystories/trainer'
import type { FileErrorDetails, LockErrorDetails } from '@tinystories/utils/disk'
import type { HttpErrorDetails } from '@tinystories/utils/http'
import type { HubErrorDetails } from '@tinystories/utils/hub'
import type { PlatformErrorDetails } from '@tinystories/utils/node'
import type { RandomErrorDetails } from '@tinystories/utils/random'
import type { TransientErrorDetails } from '@tinystories/utils/retry'
import type { InputErrorDetails } from '@tinystories/utils/schema'
import type { WorkerErrorDetails } from '@tinystories/utils/workers'
import { datasetError, synthesisError, tokenShardError } from './dataset-errors.ts'
import { backendError, compilerError } from './engine-errors.ts'
import { graderError } from './grader-errors.ts'
import { llmError } from './llm-errors.ts'
import { configError, generationError, interpretError, modelFileError } from './model-errors.ts'
import { pipelineError } from './pipeline-errors.ts'
import { pushError } from './push-errors.ts'
import { sweepError } from './sweep-errors.ts'
import { tokenizerError } from './tokenizer-errors.ts'
import { trainerError } from './trainer-errors.ts'
import {
  fileError,
  httpError,
  hubError,
  inputError,
  lockError,
  platformError,
  randomError,
  transientError,
  workerError,
} from './utils-errors.ts'
import type { Wording } from './wording.ts'

/** The details of every error class of the packages, by the name of the class. */
export interface AllDetails {
  BackendError: BackendErrorDetails
  CompilerError: CompilerErrorDetails
  ConfigError: ConfigErrorDetails
  DatasetError: DatasetErrorDetails
  FileError: FileErrorDetails
  GenerationError: GenerationErrorDetails
  GraderError: GraderErrorDetails
  HttpError: HttpErrorDetails
  HubError: HubErrorDetails
  InputError: InputErrorDetails
  LlmError: LlmErrorDetails
  InterpretError: InterpretErrorDetails
  LockError: LockErrorDetails
  ModelFileError: ModelFileErrorDetails
  PipelineError: PipelineErrorDetails
  PlatformError: PlatformErrorDetails
  PushError: PushErrorDetails
  RandomError: RandomErrorDetails
  SweepError: SweepErrorDetails
  TokenizerError: TokenizerErrorDetails
  SynthesisError: SynthesisErrorDetails
  TokenShardError: TokenShardErrorDetails
  TrainerError: TrainerErrorDetails
  TransientError: TransientErrorDetails
  WorkerError: WorkerErrorDetails
}

/**
 * What the command line says about every code of every error class. Only types are imported, so that no package is loaded
 * for an error of another.
 */
export const wordings: { readonly [Name in keyof AllDetails]: Wording<AllDetails[Name]> } = {
  BackendError: backendError,
  CompilerError: compilerError,
  ConfigError: configError,
  DatasetError: datasetError,
  FileError: fileError,
  GenerationError: generationError,
  GraderError: graderError,
  HttpError: httpError,
  HubError: hubError,
  InputError: inputError,
  LlmError: llmError,
  InterpretError: interpretError,
  LockError: lockError,
  ModelFileError: modelFileError,
  PipelineError: pipelineError,
  PlatformError: platformError,
  PushError: pushError,
  RandomError: randomError,
  SweepError: sweepError,
  TokenizerError: tokenizerError,
  SynthesisError: synthesisError,
  TokenShardError: tokenShardError,
  TrainerError: trainerError,
  TransientError: transientError,
  WorkerError: workerError,
}
