import type { HubFile } from './list-files.ts'

/** Checksums that a file should have, in hexadecimal. */
export interface ExpectedDigest {
  algorithm: 'sha256' | 'git-sha1'
  hex: string
  source: 'hub' | 'option'
}

/** The checksums that a file should have: the hub's and, where the caller names one, that. */
export function expectedDigests(
  { path, digest }: HubFile,
  sha256: Readonly<Record<string, string>> | undefined,
): ExpectedDigest[] {
  const own = sha256?.[path]?.toLowerCase()
  return [
    { ...digest, source: 'hub' },
    ...(own === undefined ? [] : [{ algorithm: 'sha256', hex: own, source: 'option' } as const]),
  ]
}

/** What git hashes before the content of a file. */
export const gitHeader = (size: number): Uint8Array => new TextEncoder().encode(`blob ${size}\0`)

/** A checksum of bytes in memory, in hexadecimal. */
export async function computeDigest(
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: 'sha256' | 'git-sha1',
): Promise<string> {
  const hashed =
    algorithm === 'sha256'
      ? await crypto.subtle.digest('SHA-256', bytes)
      : await crypto.subtle.digest(
          'SHA-1',
          await new Blob([gitHeader(bytes.length) as never, bytes]).arrayBuffer(),
        )
  return Array.from(new Uint8Array(hashed), byte => byte.toString(16).padStart(2, '0')).join('')
}
