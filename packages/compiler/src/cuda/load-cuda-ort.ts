import { messageOf } from '@tinystories/utils/errors'
import { CompilerError } from '../errors.ts'
import { Copier } from '../runtime/copier.ts'
import type { SessionOptions } from '../runtime/messages.ts'
import type { Ort, OrtSession } from '../runtime/ort.ts'
import { type CudaContext, CudaSession, hostTensor, RecordedCudaSession } from './cuda-session.ts'
import { OrtCApi, type Pointer } from './ort-c-api.ts'

/** Enumerations of ONNX Runtime's C interface. */
const LOG_FATAL = 4
const OPTIMIZE_ALL = 99
const DEVICE_ALLOCATOR = 0
const DEFAULT_MEMORY = 0

/** What the provider takes, for the error when it does not load. */
const CUDA_NEEDS =
  'an NVIDIA card with its driver, the libraries of CUDA and cuDNN on the path of the loader, and the files of ' +
  'onnxruntime-node for CUDA, which npm rebuild onnxruntime-node fetches'

/** Options of CUDA's provider. */
const CUDA_OPTIONS: Readonly<Record<string, string>> = {
  // Full float32, as the CPU computes: TF32 keeps 10 bits of the mantissa.
  use_tf32: '0',
  // Not up to twice as much as is needed.
  arena_extend_strategy: 'kSameAsRequested',
}

/**
 * ONNX Runtime on CUDA, by its C interface: the binding of onnxruntime-node keeps no tensors on a CUDA device.
 *
 * @param device where tensors stay and operations run; `Cpu` is for tests of everything but the device
 * @throws CompilerError `missing-provider` or `missing-package` when what it needs is not installed
 */
export async function loadCudaOrt(device: 'Cuda' | 'Cpu' = 'Cuda'): Promise<Ort> {
  const api = await OrtCApi.load()
  const env = api.make('CreateEnv', LOG_FATAL, 'tinystories')
  const host = api.make('CreateMemoryInfo', 'Cpu', DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY)
  const deviceMemory = api.make('CreateMemoryInfo', device, DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY)
  const context: CudaContext = { api, env, host, device: deviceMemory }
  const load = (model: Uint8Array, options: Partial<SessionOptions>): Pointer => {
    const settings = sessionOptions(api, options)
    try {
      if (device === 'Cuda') appendCuda(api, settings, options.recorded === true)
      return api.make('CreateSessionFromArray', env, model, model.byteLength, settings)
    } finally {
      api.release('SessionOptions', settings)
    }
  }
  const createSession = async (
    model: Uint8Array,
    options: Partial<SessionOptions>,
    kept: readonly string[],
  ): Promise<OrtSession> => {
    const makePlain = (): OrtSession =>
      new CudaSession(
        context,
        load(model, { ...options, recorded: false }),
        kept,
        options.profile !== undefined,
      )
    if (options.recorded) {
      try {
        return new RecordedCudaSession(context, load(model, options), copier, makePlain)
      } catch (error) {
        // It has operations that only the processor can do.
        if (CompilerError.isInstance(error)) throw error
      }
    }
    return makePlain()
  }
  const copier = new Copier((model, kept) => createSession(model, {}, kept), ['float32', 'int32', 'bool'])
  return {
    copier,
    fills: true,
    createSession,
    tensor: hostTensor,
    async release() {
      await copier.release()
      api.release('MemoryInfo', host)
      api.release('MemoryInfo', deviceMemory)
      api.release('Env', env)
    },
  }
}

function sessionOptions(api: OrtCApi, { threads = 1, profile }: Partial<SessionOptions>): Pointer {
  const options = api.make('CreateSessionOptions')
  api.call('SetSessionLogSeverityLevel', options, LOG_FATAL)
  api.call('SetSessionGraphOptimizationLevel', options, OPTIMIZE_ALL)
  api.call('SetIntraOpNumThreads', options, threads)
  api.call('DisableMemPattern', options)
  // The processor only waits for the device.
  api.call('AddSessionConfigEntry', options, 'session.intra_op.allow_spinning', '0')
  if (profile !== undefined) api.call('EnableProfiling', options, profile)
  return options
}

function appendCuda(api: OrtCApi, options: Pointer, recorded: boolean): void {
  const settings = Object.entries({ ...CUDA_OPTIONS, enable_cuda_graph: recorded ? '1' : '0' })
  const [keys, values] = [settings.map(([key]) => key), settings.map(([, value]) => value)]
  try {
    const cuda = api.make('CreateCudaOptions')
    try {
      api.call('UpdateCudaOptions', cuda, keys, values, settings.length)
      api.call('AppendCudaProvider', options, cuda)
    } finally {
      api.release('CudaOptions', cuda)
    }
  } catch (error) {
    throw new CompilerError('missing-provider', {
      provider: 'cuda',
      needs: CUDA_NEEDS,
      problem: ownWords(messageOf(error)),
    })
  }
}

/** ONNX Runtime's messages begin with the place in its source. */
function ownWords(message: string): string {
  return message.trim().split(' : FAIL : ').at(-1)!
}
