import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { evaluateLoss, gptConfig, initParameters, loss } from '@tinystories/model'
import { createEngine, initialState, muon } from '@tinystories/trainer'

await useBackend('cpu')
const name = process.argv[2] as 'wasm' | 'compiled'
const config = gptConfig('sample')
const parameters = initParameters(config, 1)
const optimizer = muon()
const { engine } = await createEngine({
  engine: name,
  optimizer,
  model: { parameters, loss: (p, b) => loss(config, p, b), evaluate: (p, b) => evaluateLoss(config, p, b) },
})
await engine.load(await initialState(parameters, optimizer))
const n = 8 * 256,
  seen: number[] = []
for (let s = 1; s <= 200; s++) {
  const ids = Int32Array.from({ length: n }, (_, i) => (i * 31 + s) % 4096)
  await engine.step(
    {
      inputs: ids,
      targets: ids.map(i => (i + 1) % 4096),
      mask: new Float32Array(n).fill(1),
      shape: [8, 256],
      bytes: n,
    },
    { learningRate: 1e-3, ...optimizer.scalars(s) },
  )
  seen.push(tf.memory().numTensors)
}
console.log(
  name,
  'tensors after step 10:',
  seen[9],
  'after step 200:',
  seen[199],
  'bytes',
  tf.memory().numBytes,
  'peak rss MB',
  Math.round(process.resourceUsage().maxRSS / 1024),
)
await engine.dispose()
