import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EngineStepsOptions } from './peers/engine-steps.ts'

const script = fileURLToPath(new URL('./peers/engine-steps.ts', import.meta.url))

/** An engine in a process of its own. */
export interface EngineProcess {
  /** @returns the seconds of one step */
  step(): Promise<number>
  stop(): Promise<void>
}

export async function startEngineProcess(options: EngineStepsOptions): Promise<EngineProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@tinystories/source', script, JSON.stringify(options)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = new Promise<void>(resolve => {
    child.once('close', () => resolve())
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { done, value } = await lines.next()
    if (done) throw new Error(`the process with the engine ${options.engine} ended`)
    return value
  }
  await next()
  return {
    async step() {
      child.stdin.write('step\n')
      return Number(await next())
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
