import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { access, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLines } from '@tinystories/utils/disk'
import { expect, test } from 'vitest'
import { keepFilesInMemory } from './memory-files.ts'

test('what is written is read from memory, and is on the disk for whoever does more than read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memory-files-'))
  const existing = existsSync
  const files = keepFilesInMemory(folder)
  try {
    const [path, other] = [join(folder, 'a'), join(folder, 'b')]
    writeFileSync(path, Buffer.from('one\ntwo'))
    // `existsSync` is not replaced: the file is not on the disk.
    expect(existing(path)).toBe(false)
    expect(await readFile(path)).toEqual(Buffer.from('one\ntwo'))
    expect([(await stat(path)).size, (await stat(path)).isFile()]).toEqual([7, true])
    await access(path)
    const lines: string[] = []
    for await (const { text } of readLines(path)) lines.push(text)
    expect(lines).toEqual(['one', 'two'])
    await expect(readdir(path)).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect(existing(path)).toBe(false)

    // Appending needs the file itself, as a list of the folder does.
    const handle = await open(path, 'a+')
    await handle.appendFile('!')
    await handle.close()
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo!')
    writeFileSync(other, Buffer.from('new'))
    expect(await readdir(folder)).toEqual(['a', 'b'])
    writeFileSync(other, Buffer.from('newer'))
    await writeFile(other, 'newest')
    expect(await readFile(other)).toEqual(Buffer.from('newest'))

    files.isOn = false
    writeFileSync(path, Buffer.from('real'))
    expect(existing(path)).toBe(true)
    expect(await readFile(path)).toEqual(Buffer.from('real'))
    files.isOn = true
    writeFileSync(path, Buffer.from('kept'))
  } finally {
    files.end()
  }
  // Nothing is lost at the end.
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('kept')
  await rm(folder, { recursive: true })
})
