import { env } from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { createRuntime, type Runtime } from '@tinystories/compiler'
import { ortFiles, tfjsFiles } from './wasm-files.ts'

/** What the visitor may ask for. `auto` is packed weights for writing, and for training compiled wasm, then tfjs: the
 * models here are too small to gain from a GPU. */
export type EngineChoice = 'auto' | 'webgpu' | 'wasm' | 'tfjs'

/** What computes, in words for the visitor. */
export interface EngineInfo {
  kind: 'packed' | 'webgpu' | 'wasm' | 'tfjs'
  threads: number
  /** Such as `ONNX Runtime, WebAssembly, 2 threads`. */
  description: string
  /** Why it is not what was asked for, if so. */
  passedOver?: string
}

/** Where compiled functions run, or undefined where only tfjs does. */
export interface Engine {
  info: EngineInfo
  runtime: Runtime | undefined
}

/** What writes with packed weights: WebAssembly kernels of the model package, which need nothing else. */
export const packedEngine: EngineInfo = {
  kind: 'packed',
  threads: 1,
  description: 'packed weights, WebAssembly',
}

/** Puts tfjs' wasm backend in force, or its plain one where that fails. */
export async function startTfjs(): Promise<string> {
  try {
    await import('@tensorflow/tfjs-backend-wasm')
    // Its threads do not survive a minified bundle.
    env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    await useBackend('wasm', { wasmPaths: tfjsFiles })
    return 'TensorFlow.js, WebAssembly'
  } catch {
    await useBackend('cpu')
    return 'TensorFlow.js, plain JavaScript'
  }
}

/** Starts what was asked for, or the next best. */
export async function startEngine(choice: EngineChoice, threads?: number): Promise<Engine> {
  const passedOver: string[] = []
  const wanted: EngineChoice[] =
    choice === 'auto' ? ['wasm'] : choice === 'webgpu' ? ['webgpu', 'wasm'] : [choice]
  for (const kind of wanted) {
    if (kind === 'tfjs') break
    try {
      const runtime = await createRuntime({
        runtime: 'web',
        place: 'same-thread',
        providers: kind === 'webgpu' ? ['webgpu'] : ['wasm'],
        wasmPaths: ortFiles,
        ...(threads === undefined ? {} : { threads }),
      })
      const onGpu = kind === 'webgpu'
      const count = `${runtime.threads} thread${runtime.threads === 1 ? '' : 's'}`
      return {
        runtime,
        info: {
          kind: onGpu ? 'webgpu' : 'wasm',
          threads: onGpu ? 1 : runtime.threads,
          description: `compiled, ${onGpu ? 'WebGPU' : `WebAssembly, ${count}`}`,
          ...(passedOver.length > 0 && { passedOver: passedOver.join(' ') }),
        },
      }
    } catch (error) {
      passedOver.push(`${kind === 'webgpu' ? 'WebGPU' : 'ONNX Runtime'}: ${(error as Error).message}`)
    }
  }
  return {
    runtime: undefined,
    info: {
      kind: 'tfjs',
      threads: 1,
      description: await startTfjs(),
      ...(passedOver.length > 0 && { passedOver: passedOver.join(' ') }),
    },
  }
}
