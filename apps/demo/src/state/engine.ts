import { signal } from '@preact/signals'
import type { EngineChoice } from '../workers/engine.ts'
import gpuProbe from '../workers/gpu-probe.ts?thread'

const KEY = 'engine'
const all: readonly EngineChoice[] = ['auto', 'webgpu', 'wasm', 'tfjs']

/** What the visitor wants to compute with. */
export const engineChoice = signal<EngineChoice>(remembered())

export function chooseEngine(choice: EngineChoice): void {
  engineChoice.value = choice
  try {
    localStorage.setItem(KEY, choice)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function remembered(): EngineChoice {
  try {
    const value = localStorage.getItem(KEY) as EngineChoice
    return all.includes(value) ? value : 'auto'
  } catch {
    return 'auto'
  }
}

/** What this browser and this server give, whatever is chosen. */
export const environment = {
  isolated: globalThis.crossOriginIsolated === true,
  cores: navigator.hardwareConcurrency,
  /** Undefined until it is known. */
  webgpu: signal<boolean | undefined>(undefined),
}

/** Finds out whether there is WebGPU, away from the page's own thread. */
export function lookForWebGpu(): void {
  const probe = new Worker(gpuProbe, { type: 'module' })
  probe.onmessage = ({ data }: MessageEvent<boolean>) => {
    environment.webgpu.value = data
    probe.terminate()
  }
}
