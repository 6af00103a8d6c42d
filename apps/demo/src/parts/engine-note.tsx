import { chooseEngine, engineChoice, environment } from '../state/engine.ts'
import { canIsolate } from '../state/offline.ts'
import type { EngineChoice } from '../workers/engine.ts'

const names: Record<EngineChoice, string> = {
  auto: 'Automatic',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  tfjs: 'TensorFlow.js',
}

/** What this browser has to compute with, and the choice between it. */
export function EngineNote() {
  const { isolated, cores, webgpu } = environment
  return (
    <div class="engine-note">
      <label>
        <span class="visually-hidden">Compute with</span>
        <select
          id="engine"
          value={engineChoice.value}
          onChange={event => chooseEngine(event.currentTarget.value as EngineChoice)}
        >
          {Object.entries(names).map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <ul aria-label="What this browser offers">
        <li
          class={isolated ? 'yes' : 'no'}
          title={
            isolated
              ? ''
              : 'This server does not isolate the page (COOP and COEP headers), so WebAssembly has one thread.'
          }
        >
          {isolated ? `${cores} cores` : 'one thread'}
        </li>
        {canIsolate.value && (
          <li>
            <button type="button" class="reload" onClick={() => location.reload()}>
              Reload for {cores} threads
            </button>
          </li>
        )}
        {webgpu.value !== undefined && (
          <li class={webgpu.value ? 'yes' : 'no'}>{webgpu.value ? 'WebGPU' : 'no WebGPU'}</li>
        )}
      </ul>
    </div>
  )
}
