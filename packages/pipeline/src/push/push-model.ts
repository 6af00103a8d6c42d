import { ModelFileError } from '@tinystories/model'
import { checkTransformers } from '@tinystories/model/files'
import { HttpError, withoutSecrets } from '@tinystories/utils/http'
import { defaultEndpoint, HubError } from '@tinystories/utils/hub'
import {
  decoderFiles,
  type ExportSettings,
  type FileContent,
  otherFiles,
  weightFiles,
} from '../export/export-files.ts'
import { type LoadedModel, loadModel } from '../export/load-model.ts'
import { PushError } from './push-error.ts'
import { type Pushed, type PushTarget, pushFiles } from './push-files.ts'

/** Options of {@link preparePush} and {@link pushModel}. */
export interface PushModelOptions
  extends Pick<ExportSettings, 'model' | 'adapter' | 'name' | 'license' | 'access'>,
    Omit<PushTarget, 'token' | 'endpoint'> {
  /** Add `onnx/model.onnx` for transformers.js. Default false. */
  onnx?: boolean
  /** Access token that may write. It is sent to the hub alone. */
  token?: string | undefined
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string | undefined
}

/** What would be pushed. */
export interface PreparedPush {
  url: string
  /** `tinystories`: transformers has no such model, which opens here alone. */
  layout: 'transformers' | 'tinystories'
  files: Record<string, FileContent>
}

/**
 * Makes all files of a push, without the network unless the model itself is on the hub: weights in the layout of transformers
 * where it has such a model, tokenizer, and model card.
 *
 * @throws PushError `invalid-repository`; HttpError `invalid-address` of the endpoint; what `exportModel` throws
 */
export async function preparePush(options: PushModelOptions): Promise<PreparedPush> {
  const { repository, revision } = options
  checkNames(repository, revision)
  const loaded = await loadModel(options)
  const layout = layoutOf(loaded, options.onnx ?? false)
  const card = { ...options, name: options.name ?? repository.split('/')[1]!, repository }
  const files = {
    ...(await weightFiles(loaded, layout === 'transformers' ? 'transformers' : 'any')),
    ...(options.onnx ? await decoderFiles(loaded) : {}),
    ...(await otherFiles(loaded, { ...card, format: layout })),
  }
  return { url: `${endpointOf(options)}/${repository}`, layout, files }
}

/**
 * Pushes a model to the hub, in one commit.
 *
 * @throws PushError, HubError, HttpError; what `exportModel` throws; the signal's reason
 */
export async function pushModel(options: PushModelOptions): Promise<Pushed & Pick<PreparedPush, 'layout'>> {
  const { token } = options
  const endpoint = endpointOf(options)
  checkNames(options.repository, options.revision)
  if (token === undefined) throw new PushError('no-token', { endpoint })
  if (!/^hf_[\w-]+$/.test(token)) throw new PushError('invalid-token', { endpoint })
  const { files, layout } = await preparePush(options)
  return { ...(await pushFiles(files, { ...options, token, endpoint })), layout }
}

/** Whether transformers has such a model. @throws ModelFileError `not-exportable` where a graph is wanted besides */
function layoutOf({ arrays }: LoadedModel, needed: boolean): PreparedPush['layout'] {
  try {
    checkTransformers(arrays)
    return 'transformers'
  } catch (error) {
    if (needed || !ModelFileError.isInstance(error) || error.code !== 'not-exportable') throw error
    return 'tinystories'
  }
}

function endpointOf({ endpoint = defaultEndpoint }: PushModelOptions): string {
  const { protocol = '', username, password } = URL.canParse(endpoint) ? new URL(endpoint) : {}
  if (!/^https?:$/.test(protocol) || username || password)
    throw new HttpError('invalid-address', { address: withoutSecrets(endpoint) })
  return endpoint.replace(/\/+$/, '')
}

function checkNames(repository: string, revision: string | undefined): void {
  const part = '[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?'
  const isName = new RegExp(`^${part}/${part}$`).test(repository)
  if (!isName || /--|\.\.|\.git$/.test(repository) || repository.length > 96)
    throw new PushError('invalid-repository', { repository })
  if (revision !== undefined && !/^[\w-][\w.+-]*(?:\/[\w-][\w.+-]*)*$/.test(revision))
    throw new HubError('invalid-revision', { repository, revision })
}
