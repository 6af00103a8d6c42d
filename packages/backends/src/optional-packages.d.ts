// Optional peers that are not installed here: imported for their side effect, or for the few members named.
declare module '@tensorflow/tfjs-backend-webgpu'
declare module '@tensorflow/tfjs-node'
declare module '@tensorflow/tfjs-node-gpu'
declare module 'webgpu' {
  export function create(flags: string[]): unknown
  export const globals: Record<string, unknown>
}
