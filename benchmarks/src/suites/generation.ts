import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { loadPretrained, saveSafetensors } from '@tinystories/model/files'
import {
  createWasmModel,
  type GenerateOptions,
  generateBatch,
  type WasmModel,
} from '@tinystories/model/generation'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { startLlama2c } from '../llama2c.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'generation'
export const description =
  'text from the 64 x 8 model: the WASM engine against PyTorch eager with a cache, transformers generate, llama2.c (LLAMA2C=its program, LLAMA2C_INT8=that for int8), and tfjs wasm'

const rows = 64
const tokens = 200
const threads = Math.min(16, availableParallelism())
const batch = `${rows} texts, ${threads} threads`

/**
 * Tokens per second, prompts of 8 tokens, 200 greedy tokens each. One text runs on one thread, for both, and a batch on
 * all cores: that is the faster choice for each contender but PyTorch's one text, which is measured with both.
 */
export async function run(): Promise<BenchmarkResult> {
  const folder = await mkdtemp(join(tmpdir(), 'generation-'))
  const config = gptConfig('tinystories-1m', { initializerRange: 0.08 })
  const parameters = initParameterArrays(config, 1)
  await saveSafetensors(folder, { config, parameters })
  const prompts = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: 8 }, (_, i) => (row * 131 + i * 17 + 5) % config.vocabSize),
  )
  const peer = await startPythonPeer({
    script: 'generation-peer.py',
    input: JSON.stringify({ model: folder, prompts }),
    env: {},
    install: 'pip install torch transformers safetensors',
  })
  const llama2c = await startLlama2c('float32', process.env.LLAMA2C, folder)
  const llama2cInt8 = await startLlama2c('int8', process.env.LLAMA2C_INT8, folder)
  const models: WasmModel[] = []
  const wasmModel = async (threads: number, weights?: 'int8'): Promise<WasmModel> => {
    models.push(await createWasmModel({ config, parameters }, { threads, ...(weights && { weights }) }))
    return models.at(-1)!
  }
  try {
    const [one, many] = [await wasmModel(1), await wasmModel(threads)]
    const [oneInt8, manyInt8] = [await wasmModel(1, 'int8'), await wasmModel(threads, 'int8')]
    await useBackend('wasm')
    const tfjs = await loadPretrained(folder)
    const ids: Record<string, number[]> = {}
    const ours = (
      key: string,
      model: Parameters<typeof generateBatch>[0],
      count: number,
      length = tokens,
      options: GenerateOptions = { temperature: 0 },
    ) => {
      return async (): Promise<number> => {
        const began = performance.now()
        const texts = await generateBatch(model, prompts.slice(0, count), {
          ...options,
          maxTokens: length,
        })
        ids[key] = texts[0]!.ids
        return (count * length) / ((performance.now() - began) / 1000)
      }
    }
    const theirs = (way: string, onThreads: number, count: number) => async (): Promise<number> => {
      const [seconds, ...written] = await peer!.runAll(`${way} ${onThreads} ${count} ${tokens} 0`)
      ids[`${way}-${count}`] = written
      return (count * tokens) / seconds!
    }
    const measured = await inTurns<string>({
      one: ours('one', one, 1),
      sampled: ours('sampled', one, 1, tokens, { temperature: 1, seed: 1 }),
      many: ours('many', many, rows),
      oneInt8: ours('oneInt8', oneInt8, 1),
      manyInt8: ours('manyInt8', manyInt8, rows),
      tfjs: ours('tfjs', tfjs, 1, 50),
      ...(llama2c && { llama2c }),
      ...(llama2cInt8 && { llama2cInt8 }),
      ...(peer && {
        eager1: theirs('eager', 1, 1),
        eagerOnAll: theirs('eager', threads, 1),
        generate1: theirs('generate', 1, 1),
        eagerMany: theirs('eager', threads, rows),
        generateMany: theirs('generate', threads, rows),
      }),
    })
    if (peer) {
      const equal = ids.one!.filter((id, i) => id === ids['eager-1']![i]).length
      console.log(`${equal} of ${tokens} greedy tokens of one text equal PyTorch's`)
    }
    const row = (label: string, oursKey: string, peerName: string, key: string): BenchmarkRow => ({
      case: label,
      metric: 'tokens/s',
      ours: measured[oursKey]!,
      peer: peerName,
      peerValue: measured[key] ?? null,
      ratio: measured[key] === undefined ? null : measured[oursKey]! / measured[key],
    })
    const versions = peer?.name ?? 'torch, transformers'
    return {
      name,
      machine: machine(),
      rows: [
        row('one text, 1 thread', 'one', `${versions}: eager with cache, 1 thread`, 'eager1'),
        row('one text, 1 thread', 'one', `${versions}: eager with cache, ${threads} threads`, 'eagerOnAll'),
        row('one text, 1 thread', 'one', `${versions}: generate, 1 thread`, 'generate1'),
        row('one text, 1 thread', 'one', 'llama2.c (-Ofast, native)', 'llama2c'),
        row('one text, 1 thread', 'one', 'ours on tfjs wasm', 'tfjs'),
        row('one text, 1 thread', 'sampled', 'ours, greedy', 'one'),
        row('one text, 1 thread, int8', 'oneInt8', 'llama2.c, int8 (-Ofast, native)', 'llama2cInt8'),
        row('one text, 1 thread, int8', 'oneInt8', 'llama2.c (-Ofast, native)', 'llama2c'),
        row('one text, 1 thread, int8', 'oneInt8', 'ours, float32', 'one'),
        row(`${batch}, int8`, 'manyInt8', 'ours, float32', 'many'),
        row(batch, 'many', `${versions}: generate, ${threads} threads`, 'generateMany'),
        row(batch, 'many', `${versions}: eager with cache, ${threads} threads`, 'eagerMany'),
        row(batch, 'many', 'ours, one text', 'one'),
      ],
    }
  } finally {
    peer?.stop()
    for (const model of models) await model.dispose()
    await rm(folder, { recursive: true, force: true })
  }
}
