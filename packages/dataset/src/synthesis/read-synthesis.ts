import type { SynthesisLine } from './output-file.ts'

/**
 * Reads a file of generated stories without changing it. Node only.
 *
 * @returns where its last whole line ends, and where what is behind that ends, in bytes
 * @throws SynthesisError `foreign-line`; FileError
 */
export async function readSynthesis(
  path: string,
  onLine: (line: SynthesisLine) => void = () => {},
): Promise<{ end: number; size: number }> {
  const { readOutputFile } = await import('./output-file.ts')
  return readOutputFile(path, onLine)
}
