import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { createWasmModel, generateBatch } from '@tinystories/model/generation'
import { type BenchmarkResult, inTurns, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'paper-evaluation'
export const description =
  "the paper's evaluation: 10 completions of 200 tokens of each prompt on the 8M model, against transformers (6 prompts, ROUNDS=3; PROMPTS=44 ROUNDS=1 is the whole)"

const completions = 10
const tokens = 200
const threads = 2

/** Sampled at temperature 1, as many texts together as each side likes, prompts of 10 to 40 tokens. */
export async function run(): Promise<BenchmarkResult> {
  const promptCount = Number(process.env.PROMPTS ?? 6)
  const rounds = Number(process.env.ROUNDS ?? 3)
  const folder = await mkdtemp(join(tmpdir(), 'paper-evaluation-'))
  const config = gptConfig('tinystories-8m')
  const parameters = initParameterArrays(config, 1)
  await saveSafetensors(folder, { config, parameters })
  const prompts = Array.from({ length: promptCount * completions }, (_, text) => {
    const prompt = Math.floor(text / completions)
    return Array.from({ length: 10 + ((prompt * 7) % 31) }, (_, i) => (prompt * 131 + i * 17 + 5) % 10_000)
  })
  const peer = await startPythonPeer({
    script: 'generation-peer.py',
    input: JSON.stringify({ model: folder, prompts }),
    env: {},
    install: 'pip install torch transformers safetensors',
  })
  const model = await createWasmModel({ config, parameters }, { threads })
  try {
    let seed = 0
    const written = prompts.length * tokens
    const measured = await inTurns<string>(
      {
        ours: async () => {
          const began = performance.now()
          const texts = await generateBatch(model, prompts, { maxTokens: tokens, seed: seed++ })
          if (texts.some(({ ids }) => ids.length !== tokens)) throw new Error('a text is too short')
          return written / ((performance.now() - began) / 1000)
        },
        ...(peer && {
          theirs: async () => written / (await peer.run(`generate ${threads} ${prompts.length} ${tokens} 1`)),
        }),
      },
      { rounds, warmup: 1 },
    )
    return {
      name,
      machine: machine(),
      rows: [
        {
          case: `${promptCount} prompts x ${completions} x ${tokens} tokens, 8M model, ${threads} threads`,
          metric: 'tokens/s',
          ours: measured.ours!,
          peer: `${peer?.name ?? 'transformers'}: generate`,
          peerValue: measured.theirs ?? null,
          ratio: measured.theirs === undefined ? null : measured.ours! / measured.theirs,
        },
      ],
    }
  } finally {
    peer?.stop()
    await model.dispose()
    await rm(folder, { recursive: true, force: true })
  }
}
