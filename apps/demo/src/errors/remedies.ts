import type { CompilerErrorCode } from '@tinystories/compiler'
import type { GraderErrorDetails } from '@tinystories/grader'
import type { LlmErrorDetails } from '@tinystories/llm'
import type { GenerationErrorDetails, ModelFileErrorDetails } from '@tinystories/model'
import type { PipelineErrorDetails } from '@tinystories/pipeline/recipe'
import type { TrainerErrorDetails } from '@tinystories/trainer'
import type { HubErrorDetails } from '@tinystories/utils/hub'
import type { InputErrorDetails } from '@tinystories/utils/schema'

type Remedies<Details> = { [Code in keyof Details]?: string | ((details: Details[Code]) => string) }

/** What a visitor can do, where the library's remedy speaks to callers of the library. An empty text: nothing. */
const hub: Remedies<HubErrorDetails> = {
  'invalid-address': 'Enter owner/name, owner/name@revision or the address of a model on huggingface.co.',
  'no-repository': 'Check the name. The page cannot open private models: download them and drop the folder.',
  gated:
    'Accept its terms on huggingface.co, download the model and drop its folder: the page has no access.',
  unreachable: 'Check the network and try again.',
  'invalid-reply': 'Check whether a proxy or a login page answers in place of the hub.',
  checksum: 'Try again; if it fails again, a proxy changes the files.',
  'too-large': 'The command line opens larger models.',
}

const compiler: Remedies<Record<CompilerErrorCode, never>> = {
  'device-lost': 'Choose WebAssembly and start again.',
  'missing-package': '',
  'missing-provider': 'Choose another engine at the top of the page.',
}

const grader: Remedies<GraderErrorDetails> = {
  'judge-failed': 'The scores so far are kept: resume judging later.',
  'wrong-format': 'Choose the report.json or gradings.json of `tinystories grade`.',
}

const input: Remedies<InputErrorDetails> = {
  'too-large': 'Open the HTML report beside it instead.',
}

const pipeline: Remedies<PipelineErrorDetails> = {
  'too-little-text': 'Choose a longer text, or one of shorter stories.',
  'model-too-large': 'Choose a smaller model; the command line trains larger ones.',
  'no-end-of-text-token': 'Choose another model.',
  'no-held-out-story': 'Choose a longer text, with an empty line between stories.',
}

const generation: Remedies<GenerationErrorDetails> = {
  'empty-prompt': 'Enter a prompt.',
  'out-of-memory': 'Choose TensorFlow.js at the top of the page, or a smaller model.',
  'not-finite': 'Choose another model.',
}

const llm: Remedies<LlmErrorDetails> = {
  authentication: 'Check the key.',
  'invalid-key': 'Enter the key of this server.',
  'no-prices': 'Enter the prices of the model, or clear the budget.',
  'budget-exceeded': 'Raise the budget; the scores so far are kept.',
  'unknown-endpoint': 'Check the address of the server: most end in /v1.',
}

const modelFile: Remedies<ModelFileErrorDetails> = {
  truncated: 'Download or copy the file again.',
  damaged: 'Download or copy the file again.',
}

const trainer: Remedies<TrainerErrorDetails> = {
  diverged: 'Start a new run, or resume this one from its last checkpoint.',
  'no-data': 'Choose a longer text.',
  'empty-evaluation': 'Choose a longer text, with an empty line between stories.',
  'no-engine': 'Choose another engine at the top of the page.',
}

/** The page's remedies by class and code of the error; any other error keeps the remedy of its library. */
export const remedies: Readonly<
  Record<string, Readonly<Record<string, string | ((details: never) => string)>>>
> = {
  CompilerError: compiler,
  GenerationError: generation,
  GraderError: grader,
  HubError: hub,
  InputError: input,
  LlmError: llm,
  ModelFileError: modelFile,
  PipelineError: pipeline,
  TrainerError: trainer,
}
