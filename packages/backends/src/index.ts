export { BackendError, type BackendErrorDetails } from './errors.ts'
export { fillWasmKernels } from './fill-wasm-kernels.ts'
export { registerGradients } from './register-gradients.ts'
export { type BackendName, type UseBackendOptions, useBackend } from './use-backend.ts'
