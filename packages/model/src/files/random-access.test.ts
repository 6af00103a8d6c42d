import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { openRandomAccess } from './random-access.ts'

test('what the system refuses while a file is read has a code and names the file', async () => {
  // A folder can be opened, and not be read.
  const access = await openRandomAccess(tmpdir())
  await expect(access.read(0, 8)).rejects.toMatchObject({
    ...{ code: 'unreadable', details: { path: tmpdir(), reason: 'EISDIR' } },
  })
  await access.close()
  await expect(openRandomAccess(`${tmpdir()}/none`)).rejects.toMatchObject({ code: 'unreadable' })
})
