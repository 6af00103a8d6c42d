/**
 * Asks `tinystories serve` with the client of OpenAI, and compares what is generated greedily: at once, as a stream, and several
 * texts at the same time.
 *
 *     node --conditions=@tinystories/source packages/pipeline/scripts/check-openai.ts [MODEL...]
 *
 * Without a model it makes one of each layout with random weights.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { generateBatch } from '@tinystories/model/generation'
import OpenAI from 'openai'
import { VERSION } from 'openai/version'
import { openModel } from '../src/model/open-model.ts'
import { compareModels } from './compare-models.ts'

const command = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'openai-'))

await compareModels(`openai ${VERSION}`, folder, async (source, check) => {
  const args = ['--conditions=@tinystories/source', command, 'serve', source, '--port', '0', '--json']
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    // The other lines are read too: a server whose reader has gone ends.
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string]
    const { url, model } = JSON.parse(line) as { url: string; model: string }
    const client = new OpenAI({ baseURL: url, apiKey: 'none' })
    await using opened = await openModel(source)
    const { tokenizer } = opened
    const start = opened.startId ?? tokenizer.endOfTextId!
    const prompts = ['Once upon a time', 'Tom', 'Sam saw a big'].map(text => [
      start,
      ...tokenizer.encode(text, { addSpecialTokens: false }).ids,
    ])
    const settings = { temperature: 0, max_tokens: 40, model, logprobs: 0 }
    const options = { temperature: 0, maxTokens: 40, stopIds: [start] }
    const expected = await generateBatch(opened.model, prompts, options)
    const together = await client.completions.create({ ...settings, prompt: prompts })
    for (const [i, { ids }] of expected.entries()) {
      const { tokens = [], token_logprobs: got = [] } = together.choices[i]!.logprobs!
      check(`${ids.length} greedy tokens, text ${i + 1} of 3`, tokens.length === ids.length)
      const { logProbabilities } = expected[i]!
      // Float32, in batches of other sizes.
      const isNear = logProbabilities.every((value, at) => Math.abs(value - got[at]!) < 1e-4)
      check('their log-probabilities', isNear)
    }
    let streamed = ''
    for await (const piece of await client.completions.create({
      ...settings,
      prompt: prompts[0]!,
      stream: true,
    }))
      streamed += piece.choices[0]?.text ?? ''
    check('the text of a stream', streamed === together.choices[0]!.text)
  } finally {
    server.kill()
  }
})
