import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { loadPretrained, loadPretrainedArrays } from '@tinystories/model/files'
import { generateBatch } from '@tinystories/model/generation'
import { saveModel } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess } from './testing/cli.ts'

let folder: string
const config = gptConfig('tinystories-1m', {
  vocabSize: 211,
  contextLength: 20,
  hiddenSize: 16,
  heads: 4,
  layers: 2,
  localWindow: 6,
  initializerRange: 0.3,
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-export-'))
  const parameters = initParameterArrays(config, 1)
  const tokenizer = await trainTokenizer(['the cat sat', 'the dog ran'], { vocabSize: 230 })
  await saveModel(join(folder, 'model'), { config, parameters, tokenizer })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (...args: string[]): ReturnType<typeof runInProcess> =>
  runInProcess(['export', '--model', 'model', ...args], { cwd: folder })

describe('export', () => {
  test('writes ONNX of fixed sizes whose graphs go on as the model does', async () => {
    const { code, stdout, stderr } = await run('--format', 'onnx-fixed', '--out', 'onnx', '--json')
    expect(stderr).toBe('Written to onnx\n')
    expect(JSON.parse(stdout)).toEqual({ folder: join(folder, 'onnx'), format: 'onnx-fixed' })
    expect(code).toBe(0)
    expect((await readdir(join(folder, 'onnx'))).sort()).toEqual(
      [
        'decode.onnx',
        'forward.onnx',
        'model.json',
        'special_tokens_map.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ].sort(),
    )
    await useBackend('cpu')
    const model = await loadPretrained(join(folder, 'model'))
    const prompt = [5, 4, 3]
    const [expected] = await generateBatch(model, [prompt], { temperature: 0, maxTokens: 15 })

    const decode = await InferenceSession.create(join(folder, 'onnx', 'decode.onnx'))
    const { layers, heads, hiddenSize, contextLength, vocabSize } = config
    const shape = [1, heads, contextLength, hiddenSize / heads]
    let past: Record<string, Tensor> = {}
    for (let layer = 0; layer < layers; layer++) {
      for (const kind of ['keys', 'values']) {
        past[`past/${kind}.${layer}`] = new Tensor(
          'float32',
          new Float32Array(contextLength * hiddenSize),
          shape,
        )
      }
    }
    const best = (logits: Float32Array): number => logits.indexOf(Math.max(...logits))
    const ids = [...prompt]
    for (let i = 0; i < prompt.length + 14; i++) {
      const outputs = await decode.run({
        ids: new Tensor('int32', Int32Array.of(ids[i]!), [1, 1]),
        lengths: new Tensor('int32', Int32Array.of(i), [1]),
        ...past,
      })
      past = Object.fromEntries(
        Object.keys(past).map(name => [name, outputs[name.replace('past', 'present')]!]),
      )
      if (i >= prompt.length - 1) ids.push(best(outputs.logits!.data as Float32Array))
    }
    expect(ids.slice(prompt.length)).toEqual(expected!.ids)

    const forward = await InferenceSession.create(join(folder, 'onnx', 'forward.onnx'))
    const padded = Int32Array.from({ length: contextLength }, (_, i) => ids[i] ?? 0)
    const { logits } = await forward.run({ ids: new Tensor('int32', padded, [1, contextLength]) })
    const all = logits!.data as Float32Array
    const next = ids.slice(0, -1).map((_, i) => best(all.subarray(i * vocabSize, (i + 1) * vocabSize)))
    expect(next.slice(prompt.length - 1)).toEqual(expected!.ids)
  })

  test('writes what transformers opens, and refuses a length beyond the context', async () => {
    expect((await run('--format', 'transformers', '--out', 'hf', '--license', 'mit')).code).toBe(0)
    expect((await loadPretrainedArrays(join(folder, 'hf'))).parameters).toEqual(
      initParameterArrays(config, 1),
    )
    expect((await readdir(join(folder, 'hf'))).sort()).toEqual(
      [
        'README.md',
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'special_tokens_map.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ].sort(),
    )
    expect(await readFile(join(folder, 'hf', 'README.md'), 'utf8')).toMatch(/^---\nlicense: "mit"\n/)
    expect(JSON.parse(await readFile(join(folder, 'hf', 'generation_config.json'), 'utf8'))).toMatchObject({
      eos_token_id: 0,
      temperature: 0.7,
    })
    const { code, stderr } = await run('--format', 'onnx-fixed', '--out', 'no', '--length', '21')
    expect(code).toBe(1)
    expect(stderr).toBe("error: --length 21 is more than the model's context of 20. Choose at most 20.\n")
  })
})
