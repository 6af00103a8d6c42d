import { type Table, Type, tableFromArrays, tableFromIPC, tableToIPC } from '@uwdata/flechette'
import { expect, test } from 'vitest'
import { isSound, type Part, withSoundDictionaries } from './arrow-parts.ts'

const text = (offsets: number[], bytes: number): Part => ({
  length: offsets.length - 1,
  type: { typeId: Type.Utf8 },
  offsets,
  values: new Uint8Array(bytes),
})

test.each<[string, Part, sound: boolean]>([
  ['text', text([0, 2, 4], 4), true],
  ['text that goes back', text([0, 4, 0, 4], 4), false],
  ['text beyond its bytes', text([0, 2, 5], 4), false],
  ['rows without bytes', { length: 2 ** 40, type: { typeId: Type.Null } }, false],
  ['a struct', { length: 2, type: { typeId: Type.Struct }, children: [text([0, 1, 2], 2)] }, true],
  [
    'a struct longer than its fields',
    { length: 3, type: { typeId: Type.Struct }, children: [text([0, 1, 2], 2)] },
    false,
  ],
  [
    'lists of two',
    { length: 1, type: { typeId: Type.FixedSizeList, stride: 2 }, children: [text([0, 1, 2], 2)] },
    true,
  ],
  [
    'lists of two with one item left',
    { length: 2, type: { typeId: Type.FixedSizeList, stride: 2 }, children: [text([0, 1, 2, 3], 3)] },
    false,
  ],
  [
    'a union',
    { length: 2, type: { typeId: Type.Union }, typeIds: [0, 0], children: [text([0, 1], 1)] },
    true,
  ],
  ['a union without ids', { length: 3, type: { typeId: Type.Union }, typeIds: [0, 0], children: [] }, false],
])('%s', (_, part, sound) => expect(isSound(part)).toBe(sound))

/** A stream with a dictionary, in which a change was made. */
function changed(change: (bytes: Uint8Array) => void): () => Table {
  const words = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')} is a long word`)
  const bytes = tableToIPC(tableFromArrays({ words }), { format: 'stream' })!
  change(bytes)
  return () => withSoundDictionaries(() => tableFromIPC(bytes))
}

test('a dictionary is looked at before flechette decodes it', () => {
  expect(changed(() => {})().numRows).toBe(40)
  const repeats = changed(bytes => {
    // The offsets 0, 17, 34, ...: every second one becomes 0, so that values overlap.
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    let at = 0
    while (!(view.getInt32(at, true) === 0 && view.getInt32(at + 4, true) === 17)) at += 4
    for (let i = 2; i < 40; i += 2) view.setInt32(at + 4 * i, 0, true)
  })
  expect(repeats).toThrow('a dictionary is not whole')
})
