import type { CompilerErrorCode } from '@tinystories/compiler'
import type { GraderErrorDetails } from '@tinystories/grader'
import type { PipelineErrorDetails } from '@tinystories/pipeline/recipe'
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
  'no-held-out-story': 'Choose a longer text, with an empty line between stories.',
}

/** The page's remedies by class and code of the error; any other error keeps the remedy of its library. */
export const remedies: Readonly<
  Record<string, Readonly<Record<string, string | ((details: never) => string)>>>
> = {
  CompilerError: compiler,
  GraderError: grader,
  HubError: hub,
  InputError: input,
  PipelineError: pipeline,
}
