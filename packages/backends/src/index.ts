export { fillWasmKernels } from './fill-wasm-kernels.ts'
export { MissingBackendError } from './missing-backend-error.ts'
export { registerGradients } from './register-gradients.ts'
export { type BackendName, type UseBackendOptions, useBackend } from './use-backend.ts'
