import { createHash } from 'node:crypto'
import { openToRead, toFileError } from '../../disk/index.ts'
import { gitHeader } from '../digest.ts'

/** The checksum of a file, in hexadecimal, read piece by piece. */
export async function computeFileDigest(path: string, algorithm: 'sha256' | 'git-sha1'): Promise<string> {
  try {
    const file = await openToRead(path)
    try {
      const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1')
      if (algorithm === 'git-sha1') hash.update(gitHeader((await file.stat()).size))
      const piece = new Uint8Array(2 ** 20)
      for (let at = 0; ; ) {
        const { bytesRead } = await file.read(piece, 0, piece.length, at)
        if (bytesRead === 0) return hash.digest('hex')
        hash.update(piece.subarray(0, bytesRead))
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw toFileError(error, path, 'read')
  }
}
