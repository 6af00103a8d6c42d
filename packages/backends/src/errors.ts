import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of a {@link BackendError} by its code. `backend` is the name given to `useBackend`. */
export interface BackendErrorDetails {
  /** There is no backend of that name. */
  'unknown-backend': { backend: string; known: readonly string[] }
  /** The backend's package is not installed. */
  'missing-package': { backend: string; package: string }
  /** The package is installed, but its install script did not download or build its native addon. */
  'missing-addon': { backend: string; package: string; problem: string }
  /** The package is installed and does not load, for example because its addon is for another version of Node. */
  'package-does-not-load': { backend: string; package: string; problem: string }
  /** The package loads, and its backend does not start on this machine. */
  'does-not-start': { backend: string; package: string }
  /** There is no graphics card that the backend can use. */
  'no-gpu': { backend: string; package: string }
  /** `node` and `node-gpu` are one backend of tfjs, and the other one is loaded already. */
  'already-loaded': { backend: string; loaded: string }
}

/** A tfjs backend cannot be used here. */
export const BackendError: ErrorClass<'BackendError', BackendErrorDetails> = defineError('BackendError', {
  'unknown-backend': ({ backend, known }) => ({
    problem: `There is no backend "${backend}".`,
    remedy: `Take one of ${known.join(', ')}.`,
  }),
  'missing-package': ({ backend, package: name }) => ({
    problem: `The backend ${backend} needs the package ${name}, which is not installed.`,
    remedy: `Run: npm install ${name}`,
  }),
  'missing-addon': ({ backend, package: name, problem }) => ({
    problem: `The backend ${backend} needs the native addon of ${name}, which its install script did not provide (${problem}).`,
    remedy: `Allow its install script and run: npm rebuild ${name}`,
  }),
  'package-does-not-load': ({ backend, package: name, problem }) => ({
    problem: `The backend ${backend} needs the package ${name}, which is installed but does not load (${problem}).`,
    remedy: `Run npm rebuild ${name} with the present version of Node, or take another backend.`,
  }),
  'does-not-start': ({ backend, package: name }) => ({
    problem: `The backend ${backend} of ${name} does not start on this machine.`,
    remedy: 'Take another backend.',
  }),
  'no-gpu': ({ backend, package: name }) => ({
    problem: `The backend ${backend} finds no graphics card that ${name} can use.`,
    remedy:
      backend === 'webgpu'
        ? 'Install its driver (on Linux one for Vulkan), or take the backend wasm or node.'
        : 'Install its driver, CUDA and cuDNN, or take the backend node, which computes on the processor.',
  }),
  'already-loaded': ({ backend, loaded }) => ({
    problem: `The backend ${backend} cannot be used in a process that has loaded ${loaded}: tfjs keeps the first of the two.`,
    remedy: `Use ${loaded}, or start a new process.`,
  }),
})
export type BackendError = ErrorOf<typeof BackendError>
