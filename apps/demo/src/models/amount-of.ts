import type { OpenProgress } from './source.ts'

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

/** How much of a download has come: "45 %, 0.4 of 0.9 MB". */
export function amountOf({ bytes, total }: OpenProgress): string {
  return `${Math.round((100 * bytes) / total)} %, ${megabytes(bytes)} of ${megabytes(total)} MB`
}
