import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ModelFileError } from '../errors/index.ts'
import { loadPretrainedArrays } from './load.ts'
import { readPickledTensors } from './pickle.ts'
import { openRandomAccess } from './random-access.ts'
import { readTorchFile } from './torch-file.ts'

// Written by torch.save, and by Python's pickle (goldens/make-pickles.py).
const goldens = fileURLToPath(new URL('../../goldens/', import.meta.url))
const open = async (file: string | Blob) =>
  readTorchFile(await openRandomAccess(typeof file === 'string' ? `${goldens}pickles/${file}` : file))

test('reads tensors of every kind, also those that do not lie row by row', async () => {
  const expected: Record<string, number[]> = JSON.parse(
    await readFile(`${goldens}pickles/tensors.json`, 'utf8'),
  )
  const file = await open('tensors.bin')
  expect([...file.tensors.keys()]).toEqual(Object.keys(expected))
  for (const [name, values] of Object.entries(expected)) {
    // Both hold float32 numbers; JSON has them in full.
    expect(await file.read(name), name).toBeNear(Float32Array.from(values), { absolute: 0 })
  }
  expect(file.tensors.get('transposed')!.shape).toEqual([6, 4])
  await file.close()
  for (const protocol of [3, 4]) {
    const other = await open(`protocol-${protocol}.bin`)
    expect([...other.tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ['weight', [3, 2]],
      ['bias', [3]],
    ])
    await other.close()
  }
})

test('a model in pytorch_model.bin is the one in safetensors', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'torch-'))
  const source = `${goldens}from-transformers/gpt2`
  await copyFile(`${source}/config.json`, join(folder, 'config.json'))
  await copyFile(`${goldens}pickles/gpt2.bin`, join(folder, 'pytorch_model.bin'))
  expect(await loadPretrainedArrays(folder)).toEqual(await loadPretrainedArrays(source))
  await rm(folder, { recursive: true })
})

test('files that want code to run, and bombs, are refused by name', async () => {
  const names = (await readdir(`${goldens}pickles`)).filter(name => /^(evil|bomb)/.test(name))
  expect(names.length).toBeGreaterThan(10)
  const found: Record<string, string> = {}
  for (const name of names) {
    const error = await open(name).catch((reason: unknown) => reason)
    if (!ModelFileError.isInstance(error)) throw new Error(`${name} is not refused`, { cause: error })
    found[name] = error.code === 'unsafe-pickle' ? error.details.found : error.code
  }
  expect(found).toEqual({
    'bomb-memo.bin': 'damaged',
    'bomb-text.bin': 'damaged',
    'evil-eval-2.bin': '__builtin__.eval',
    'evil-eval-4.bin': 'builtins.eval',
    'evil-extension.bin': 'operation 0x82',
    'evil-getattr-2.bin': '__builtin__.getattr',
    'evil-getattr-4.bin': 'builtins.getattr',
    'evil-inst.bin': 'operation 0x53',
    'evil-obj.bin': 'os.system',
    'evil-popen-2.bin': 'commands.Popen',
    'evil-popen-4.bin': 'subprocess.Popen',
    'evil-rebuild.bin': 'damaged',
    'evil-system-2.bin': 'posix.system',
    'evil-system-4.bin': 'posix.system',
  })
})

test('a pickle that only fills memory is given up', () => {
  // An empty tuple each: far more than a model describes.
  expect(() => readPickledTensors(new Uint8Array(2 ** 20 + 1).fill(0x29), 'many.bin')).toThrow(
    /many\.bin: its pickle has more operations/,
  )
})

test('damaged files give coded errors, and no tensor outside of them', async () => {
  const good = await readFile(`${goldens}pickles/tensors.bin`)
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(good.length), async (changes, length) => {
      const bytes = Uint8Array.from(length % 4 === 0 ? good.subarray(0, length) : good)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      try {
        const file = await open(new Blob([bytes]))
        for (const name of file.tensors.keys()) await file.read(name)
        accepted++
      } catch (error) {
        if (!ModelFileError.isInstance(error)) throw error
      }
    }),
    { numRuns: 2000 },
  )
  // Damage to values is not seen.
  expect(accepted).toBeGreaterThan(0)
})
