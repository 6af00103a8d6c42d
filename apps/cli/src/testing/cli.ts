import { type ChildProcess, spawn } from 'node:child_process'
import { Console } from 'node:console'
import { fileURLToPath } from 'node:url'

/** Progress comes after seconds, and so on a busy machine only. */
const quiet = { TINYSTORIES_PROGRESS: '0' }

export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
}

export interface CommandOptions {
  cwd: string
  /** Further variables of the environment. */
  env?: Record<string, string>
  onStart?: (child: ChildProcess) => void
  /** Called with all of stdout so far, whenever more comes. */
  onStdout?: (text: string, child: ChildProcess) => void
}

/**
 * Runs the command as a person would: a process of its own, from source. Where a test needs none (no signal, no lock of
 * another process, no module of the person's that is loaded), {@link runInProcess} is many times cheaper.
 */
export function tinystories(
  args: string[],
  { cwd, env: more, onStart, onStdout }: CommandOptions,
): Promise<CommandResult> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const { npm_package_name: _, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', main, ...args], {
    cwd,
    env: { ...env, ...quiet, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onStart?.(child)
  const result = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text
    onStdout?.(result.stdout, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...result }))
  })
}

let previous: Promise<unknown> = Promise.resolve()

/** Runs the command in the process of the test, in a folder and with variables of its own; several one after the other. */
export function runInProcess(
  args: string[],
  { cwd, env = {} }: Pick<CommandOptions, 'cwd' | 'env'>,
): Promise<CommandResult> {
  const result = previous.then(() => runHere(args, cwd, env))
  previous = result.catch(() => {})
  return result
}

async function runHere(args: string[], cwd: string, env: Record<string, string>): Promise<CommandResult> {
  const { run } = await import('../run.ts')
  const result = { stdout: '', stderr: '' }
  const before = { cwd: process.cwd(), env: process.env, console: globalThis.console }
  const restore = (['stdout', 'stderr'] as const).map(name => {
    const stream = process[name]
    const { write } = stream
    stream.write = ((chunk: string | Uint8Array, ...more: unknown[]): boolean => {
      result[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      const done = more.at(-1)
      if (typeof done === 'function') process.nextTick(done)
      return true
    }) as typeof write
    return () => {
      stream.write = write
    }
  })
  const { npm_package_name: _, ...inherited } = process.env
  try {
    process.env = { ...inherited, ...quiet, ...env }
    process.chdir(cwd)
    // What a library would log is on the streams of the command, as in a process of its own.
    globalThis.console = new Console(process.stdout, process.stderr)
    const code = await run(args)
    return { code, ...result }
  } finally {
    for (const each of restore) each()
    process.chdir(before.cwd)
    process.env = before.env
    globalThis.console = before.console
  }
}
