/*
 * Kernels of text generation, in AssemblyScript. `npm run build:kernels -w @tinystories/model` compiles them into
 * `src/wasm/kernel-bytes.ts`.
 *
 * Everything is float32 and every pointer counts bytes. A row of n numbers takes n rounded up to 16, the rest is 0, so
 * that no loop has a remainder; sizes named `inputs` and `size` are without that, strides and `outputs` with it. What is
 * computed for a row never depends on the rows beside it, to the last bit.
 *
 * `@ts-ignore` stands before `@inline` because editors take this for TypeScript, which has no decorators of functions.
 */
export { attend } from './attention'
export { capped, embed, gelu, normalize, relu2, swiglu } from './elementwise'
export { mix, normalizeHeads, rotate } from './heads'
export { linear } from './linear'
export { linearInt8 } from './linear-int8'
export { collect, draw, largest, weigh } from './sampling'
