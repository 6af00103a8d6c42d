import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import type { LayersSteps } from '../peers/layers-steps.ts'
import { type PythonPeer, startPythonPeer } from '../python-peer.ts'

export const name = 'layers-step'
export const description =
  "a training step of models of tfjs-layers with Adam: compiled, and on tfjs's wasm backend with our kernels (the CNN, which that cannot train, on its cpu backend)"

const models: Record<string, { model: LayersSteps['model']; peer: 'wasm' | 'cpu' }> = {
  'MLP of 784, 256, 128, 10, batch 64': { model: 'mlp', peer: 'wasm' },
  // tfjs's wasm backend has no gradient of a convolution by its filter.
  'CNN on 28 x 28, 16 and 32 filters, batch 8': { model: 'cnn', peer: 'cpu' },
  'LSTM of 64, 20 steps of 32, batch 32': { model: 'lstm', peer: 'wasm' },
}
const peerNames = { wasm: 'tfjs wasm with the missing kernels filled in', cpu: 'tfjs cpu' }
const comparedSteps = 11
/** A turn is long enough that waking the threads counts little; on tfjs's cpu a step takes a second. */
const stepsOfTurn = { compiled: 200, wasm: 50, cpu: 1 }

/** Milliseconds of a step, and how far the first losses lie apart. */
export async function run(): Promise<BenchmarkResult> {
  const rows: BenchmarkRow[] = []
  for (const [label, { model, peer: engine }] of Object.entries(models)) {
    const ours = await start({ model, engine: 'compiled' })
    const peer = await start({ model, engine })
    try {
      const [, ...losses] = await ours.runAll(`step ${comparedSteps}`)
      const [, ...peerLosses] = await peer.runAll(`step ${comparedSteps}`)
      const apart = Math.max(...losses.map((loss, i) => Math.abs(loss / peerLosses[i]! - 1)))
      const milliseconds = async (contender: PythonPeer, steps: number): Promise<number> =>
        ((await contender.run(`step ${steps}`)) * 1000) / steps
      const times = await inTurns(
        {
          ours: () => milliseconds(ours, stepsOfTurn.compiled),
          peer: () => milliseconds(peer, stepsOfTurn[engine]),
        },
        { rounds: 9, warmup: 2 },
      )
      rows.push(
        {
          ...{ case: label, metric: 'ms a step', ours: times.ours },
          ...{ peer: peerNames[engine], peerValue: times.peer, ratio: times.peer / times.ours },
        },
        {
          case: `${label}: losses of ${comparedSteps} steps`,
          ...{ metric: 'largest relative difference', ours: apart },
          ...{ peer: 'bound', peerValue: 1e-3, ratio: 1e-3 / apart },
        },
      )
    } finally {
      ours.stop()
      peer.stop()
    }
  }
  return { name, machine: machine(), rows }
}

async function start(input: LayersSteps): Promise<PythonPeer> {
  const peer = await startPythonPeer({
    script: 'layers-steps.ts',
    input: JSON.stringify(input),
    env: {},
    interpreter: [process.execPath, '--conditions=@tinystories/source'],
    install: 'npm ci',
  })
  if (!peer) throw new Error(`the process of ${input.engine} did not start`)
  return peer
}
