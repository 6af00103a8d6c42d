import { type ServedRequest, type ServeModelOptions, serveModel } from '@tinystories/pipeline/serve'
import { readTextFile } from '@tinystories/utils/disk'
import { onAbort } from '@tinystories/utils/retry'
import { access } from '../access.ts'
import { messageOf } from '../errors/describe-error.ts'
import { UserError } from '../errors/user-error.ts'
import { fromTyped, modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { keepSecret, print, printError, printJson } from '../terminal/output.ts'
import { templateOption } from '../train/instruct-option.ts'

export interface ServeFlags
  extends Pick<
    ServeModelOptions,
    'name' | 'instruct' | 'host' | 'port' | 'concurrency' | 'queue' | 'engine' | 'threads' | 'weights'
  > {
  keyFile?: string
  adapter?: string
  maxBody: number
  json?: boolean
}

/** Serves a model until it is interrupted. @returns the exit code: 130 */
export function serve(
  model: string | undefined,
  { keyFile, maxBody, instruct, adapter, json, ...flags }: ServeFlags,
): Promise<number> {
  return interruptible(
    async signal => {
      const apiKey = keyFile === undefined ? undefined : await readKey(keyFile)
      await using server = await serveModel({
        ...flags,
        ...templateOption(instruct === undefined ? {} : { instruct }),
        ...(adapter === undefined ? {} : { adapter: fromTyped(adapter) }),
        model: modelSource(model),
        maxBodyBytes: maxBody,
        apiKey,
        access: access(),
        signal,
        onRequest: request => (json ? printJson(asJson(request)) : printError(describe(request))),
      })
      const { url, name, chats } = server
      if (json) printJson({ url, model: name, chats })
      else
        print(
          `Serving ${name} at ${url} (${chats ? 'completions and chats' : 'completions'}). Ctrl-C ends it.`,
        )
      if (apiKey === undefined && !/^http:\/\/(127\.|localhost|\[::1\])/.test(url))
        printError('Warning: other machines can use this server. --key-file asks them for a key.')
      signal.throwIfAborted()
      await new Promise<void>((_, reject) => onAbort(signal, () => reject(signal.reason)))
      return 0
    },
    () => printError('The server has ended.'),
  )
}

async function readKey(keyFile: string): Promise<string> {
  const path = fromTyped(keyFile)
  const key = (await readTextFile(path, { pipes: true, maxBytes: 2 ** 16 })).trim()
  if (key === '') throw new UserError(`--key-file: ${path} is empty. Put the key into it.`)
  keepSecret(key)
  return key
}

function asJson({ error, milliseconds, ...request }: ServedRequest): object {
  const shown = { ...request, milliseconds: Math.round(milliseconds) }
  return error === undefined ? shown : { ...shown, error: messageOf(error) }
}

function describe({ method, path, status, milliseconds, completionTokens, error }: ServedRequest): string {
  const tokens = completionTokens === undefined ? '' : `  ${completionTokens} tokens`
  const cause = error === undefined ? '' : `  ${messageOf(error)}`
  return `${method} ${path} ${status}  ${(milliseconds / 1000).toFixed(2)} s${tokens}${cause}`
}
