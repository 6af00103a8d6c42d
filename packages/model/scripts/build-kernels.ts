/*
 * Compiles assembly/kernels.ts to WebAssembly and writes it into src/wasm/kernel-bytes.ts:
 * `npm run build:kernels -w @tinystories/model`. A test fails while that is due.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const folder = fileURLToPath(new URL('..', import.meta.url))

/** The text of kernel-bytes.ts. */
export async function kernelBytesSource(): Promise<string> {
  let module: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    [
      'assembly/kernels.ts',
      ...['--outFile', 'kernels.wasm', '--baseDir', folder],
      ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
      ...['--runtime', 'stub', '--importMemory', '--enable', 'simd'],
    ],
    {
      writeFile(_, contents) {
        module = contents as Uint8Array
      },
    },
  )
  if (error || !module) throw new Error(`${stderr.toString()}${error?.message ?? ''}`)
  const lines = Buffer.from(module)
    .toString('base64')
    .match(/.{1,100}/g)!
  return `// Made of assembly/kernels.ts by scripts/build-kernels.ts: a WebAssembly module in base64.
export const kernelBytes: string = [
${lines.map(line => `  '${line}',`).join('\n')}
].join('')
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(`${folder}src/wasm/kernel-bytes.ts`, await kernelBytesSource())
}
