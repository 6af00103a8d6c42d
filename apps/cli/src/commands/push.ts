import { type PushModelOptions, preparePush, pushModel } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { UserError } from '../errors/user-error.ts'
import { fromTyped, modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printError, printJson } from '../terminal/output.ts'
import { formatBytes } from '../train/format-bytes.ts'

export interface PushFlags extends Pick<PushModelOptions, 'revision' | 'onnx' | 'license'> {
  adapter?: string
  private?: boolean
  dryRun?: boolean
  json?: boolean
}

const onlyHere =
  'Note: transformers has no model of this kind, so that it opens with tinystories alone. --preset llama trains one that others open.'

/**
 * Publishes a model on the hub.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function push(model: string, repository: string, flags: PushFlags): Promise<number> {
  const { adapter, private: isPrivate, dryRun, json, ...rest } = flags
  return interruptible(
    async signal => {
      const { token, endpoint, offline, ...models } = access()
      const options: PushModelOptions = {
        ...rest,
        ...(adapter === undefined ? {} : { adapter: fromTyped(adapter) }),
        ...(isPrivate === undefined ? {} : { isPrivate }),
        model: modelSource(model),
        repository,
        token,
        endpoint,
        access: { ...models, token, endpoint, offline },
        signal,
        onProgress: progressLine(),
        onRetry: ({ error, delay }) =>
          printError(`${error.problem} Trying again in ${Math.ceil(delay / 1000)} s.`),
      }
      if (dryRun) return await showPush(options, json)
      if (offline) throw new UserError('HF_HUB_OFFLINE=1 forbids the network. Unset it, or use --dry-run.')
      const { url, commit, sent, unchanged, layout } = await pushModel(options)
      if (json) {
        printJson({ url, commit, layout, sent, unchanged })
        return 0
      }
      if (layout === 'tinystories') printError(onlyHere)
      if (sent.length === 0) print(`Nothing to push: ${url} has all ${unchanged.length} files as they are.`)
      else print(`Pushed ${sent.length} of ${sent.length + unchanged.length} files in one commit: ${url}`)
      return 0
    },
    () =>
      printError(
        'Interrupted. A push is one commit, there whole or not at all; the same command goes on with what was uploaded.',
      ),
  )
}

async function showPush(options: PushModelOptions, json: boolean | undefined): Promise<number> {
  const { url, layout, files } = await preparePush(options)
  const sizes = Object.entries(files).map(([path, content]) => {
    const bytes =
      typeof content === 'string'
        ? Buffer.byteLength(content)
        : [content].flat().reduce((sum, piece) => sum + piece.length, 0)
    return { path, bytes }
  })
  if (json) {
    printJson({ url, layout, files: sizes })
    return 0
  }
  if (layout === 'tinystories') printError(onlyHere)
  print(`Would push to ${url}:`)
  for (const { path, bytes } of sizes) print(`  ${path}  ${formatBytes(bytes)}`)
  return 0
}

/** A line every few seconds on stderr: the standard output is for results. */
function progressLine(): NonNullable<PushModelOptions['onProgress']> {
  let shown = performance.now()
  return ({ file, state, share }) => {
    const now = performance.now()
    if (now - shown < 3000) return
    shown = now
    printError(`${state === 'hashing' ? 'Reading' : 'Uploading'} ${file}: ${Math.round(100 * share)} %`)
  }
}
