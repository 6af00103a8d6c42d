import type { Random } from '@tinystories/utils/random'

/** JSON texts that casts and comparisons have trouble with. */
const values = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1',
    '0.5',
    '1e400',
    '-1e400',
    '1e-400',
    '1e15',
    '9007199254740993',
  ],
  ...['99999999999999999999', '4294967296', '"1"', '"1e400"', '"NaN"', '"Infinity"', '""', '" "', '[]', '{}'],
  ...['[null]', '[[]]', '[{}]', '{"":0}', '{"__proto__":{"length":1}}', '{"constructor":{"prototype":{}}}'],
  ...[
    '{"toString":1}',
    '{"then":1}',
    '{"length":-1}',
    '{"toJSON":1}',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u009b2J"',
  ],
  ...['"\\u202e"', '"<img src=x onerror=alert(1)>"', '"=1+1"', '"../../a"', '"/etc/passwd"', '"C:\\\\a"'],
  ...['"\\\\\\\\host\\\\a"', '"__proto__"', '"constructor"', '"2026-12-01T00:00:00Z"', '"((a+)+)+$"'],
  ...[`"${'a'.repeat(3000)}"`, `${'['.repeat(300)}${']'.repeat(300)}`, `[${'0,'.repeat(999)}0]`],
]
const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'then', 'length', '', '0', ' ', '\ud800']
/** Bytes above which an input stays as it is, so that repeats of repeats do not grow without end. */
const MAX_BYTES = 2 ** 14
/** As {@link MAX_BYTES}, of what is repeated. */
const MAX_REPEATED = 2 ** 9
/** Stands for a text that `JSON.stringify` would not write. */
const MARK = '\u0001mark'

type Parent = Record<string, unknown> | unknown[]

/** The places of all values in a value, each before those inside of it. */
class Places {
  readonly #parents: Parent[] = []
  readonly #keys: string[] = []

  constructor(root: Parent) {
    this.#collect(root)
  }

  get length(): number {
    return this.#keys.length
  }

  at(index: number): [parent: Parent, key: string] {
    return [this.#parents[index]!, this.#keys[index]!]
  }

  #collect(parent: Parent): void {
    for (const key of Object.keys(parent)) {
      this.#parents.push(parent)
      this.#keys.push(key)
      const value = (parent as Record<string, unknown>)[key]
      if (typeof value === 'object' && value !== null) this.#collect(value as Parent)
    }
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Replaces, removes, renames, doubles or repeats one value of an input that is JSON, or of one of its lines: bytes that
 * change at random seldom leave JSON that parses, so that few of them come as far as a schema. Undefined for others.
 */
export function mutateJson(input: Uint8Array, random: Random): Uint8Array | undefined {
  const first = input[0]
  if ((first !== 0x7b && first !== 0x5b) || input.length > MAX_BYTES) return undefined
  const text = decoder.decode(input)
  const whole = changeOne(text, random)
  if (whole !== undefined) return encoder.encode(whole)
  const lines = text.split('\n')
  const at = random.integer(lines.length)
  const line = changeOne(lines[at]!, random)
  return line === undefined ? undefined : encoder.encode(lines.with(at, line).join('\n'))
}

function changeOne(text: string, random: Random): string | undefined {
  let root: { value: unknown }
  try {
    root = { value: JSON.parse(text) }
  } catch {
    return undefined
  }
  const places = new Places(root)
  const [parent, key] = places.at(random.integer(places.length))
  const raw = change(parent as Record<string, unknown>, key, places, random)
  const changed = JSON.stringify(root.value) ?? raw
  return changed.replaceAll(JSON.stringify(MARK), () => raw)
}

/** @returns what to put for {@link MARK} */
function change(parent: Record<string, unknown>, key: string, places: Places, random: Random): string {
  const value = parent[key]
  const drawn = values[random.integer(values.length)]!
  switch (random.integer(8)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1)
      else delete parent[key]
      return drawn
    case 1: {
      if (Array.isArray(parent)) break
      delete parent[key]
      parent[MARK] = value
      return JSON.stringify(keys[random.integer(keys.length)])
    }
    case 2:
      // The same key twice: the later one counts.
      if (Array.isArray(parent)) break
      parent[MARK] = JSON.parse(drawn)
      return JSON.stringify(key)
    case 3: {
      const [other, name] = places.at(random.integer(places.length))
      parent[key] = structuredClone((other as Record<string, unknown>)[name])
      return drawn
    }
    case 4:
      if ((JSON.stringify(value)?.length ?? 0) > MAX_REPEATED) break
      if (Array.isArray(value)) parent[key] = Array.from({ length: 200 }, () => value).flat()
      else if (typeof value === 'string') parent[key] = value.repeat(200)
      else break
      return drawn
    default:
  }
  parent[key] = MARK
  return drawn
}
