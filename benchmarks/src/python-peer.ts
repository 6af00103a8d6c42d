import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A peer in a Python process that is kept, so that what it imports and reads is not measured. */
export interface PythonPeer {
  /** What it says it is, with its version. */
  name: string
  /** Runs a command and gives the number that is the first word of its answer. */
  run(command: string): Promise<number>
  stop(): void
}

/**
 * Starts a script that answers `ready NAME`, then each line of its input with a line. PYTHON names the interpreter.
 *
 * @param input is written to a file, whose path is the script's argument
 * @param install how to install what the script answers is absent
 * @returns undefined, with a message, when the peer is not installed
 */
export async function startPythonPeer(
  script: string,
  input: string,
  env: Record<string, string>,
  install: string,
): Promise<PythonPeer | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-bench-'))
  const path = join(folder, 'input.json')
  await writeFile(path, input)
  const child = spawn(process.env.PYTHON ?? 'python3', [script, path], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  })
  const failed = once(child, 'error').then(() => 'absent python3')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => (await answers.next()).value ?? 'absent'
  const first = await Promise.race([answer(), failed])
  await rm(folder, { recursive: true, force: true })
  if (!first.startsWith('ready ')) {
    child.kill()
    console.error(`${first}: for the peer install it with "${install}" and name its Python in PYTHON`)
    return undefined
  }
  return {
    name: first.slice('ready '.length),
    async run(command) {
      child.stdin.write(`${command}\n`)
      const value = Number((await answer()).split(' ')[0])
      if (!(value > 0)) throw new Error('the peer ended in the middle of the measurement')
      return value
    },
    stop: () => child.stdin.end(),
  }
}
