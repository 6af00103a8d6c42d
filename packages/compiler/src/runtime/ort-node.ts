import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { Copier } from './copier.ts'
import { importPackage } from './import-package.ts'
import type { SessionOptions } from './messages.ts'
import type { Ort, OrtSession } from './ort.ts'

/** onnxruntime-node's own binding. It keeps tensors on the device for WebGPU only. */
export async function loadNodeOrt(provider: 'cpu' | 'webgpu'): Promise<Ort> {
  const ort = await importPackage('onnxruntime-node', 'The runtime "node"', () => import('onnxruntime-node'))
  // Whatever matters is returned as an error; ONNX Runtime would print it as well.
  ort.env.logLevel = 'fatal'
  const createSession = async (
    model: Uint8Array,
    { threads = 1, profile }: Partial<SessionOptions>,
    kept: readonly string[],
  ): Promise<OrtSession> => {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // The graph is optimized already. What ONNX Runtime would do in addition makes it slower on the CPU (products with their bias
      // as one operation, transpositions moved behind cuts) and takes a third of the time of loading.
      graphOptimizationLevel: provider === 'cpu' ? 'disabled' : 'all',
      logSeverityLevel: 4,
      // Costs no speed and saves a third of the memory.
      enableMemPattern: false,
      ...(kept.length > 0 && {
        preferredOutputLocation: Object.fromEntries(kept.map(name => [name, 'gpu-buffer' as const])),
      }),
      ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
      extra: {
        ep: {
          webgpuexecutionprovider: {
            // Otherwise what computes with int64, as indices do, goes to the processor and back.
            enableInt64: '1',
            // Operations that are sent to the device together.
            maxNumPendingDispatches: '256',
          },
        },
        session: {
          // Adam's second moments of small gradients are denormal numbers, which are many times slower.
          set_denormal_as_zero: '1',
          // A thread that spins on while another waits for a core makes a step up to four times slower on a busy
          // machine; between two operations of one step a moment is enough.
          intra_op: { allow_spinning: '1', spin_duration_us: '100' },
        },
      },
    })
    return {
      run: (feeds, fetches) =>
        session.run(feeds as Record<string, Tensor>, fetches as InferenceSession.FetchesType),
      release: () => session.release(),
    }
  }
  const copier =
    provider === 'cpu'
      ? undefined
      : new Copier((model, kept) => createSession(model, {}, kept), ['float32', 'int32'])
  return {
    ...(copier && { copier }),
    createSession,
    tensor: (data, { dtype, shape }) => new ort.Tensor(dtype, data as Float32Array, shape),
    release: () => copier?.release(),
  }
}
