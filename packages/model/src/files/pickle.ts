import { ModelFileError } from '../errors/index.ts'

/*
 * A reader of pickles that runs nothing. Pickle is a language for a machine with a stack that may call any function of
 * Python. Here the few operations that a saved state of PyTorch consists of are followed, names of functions are mere
 * labels, and those of tensors alone are understood. Everything else is refused.
 */

/** A tensor by its description: which storage, and where in it. */
export interface PickledTensor {
  storage: { dtype: string; key: string; elements: number }
  offset: number
  shape: number[]
  strides: number[]
}

/** A name of Python, such as `torch.FloatStorage`. */
class Label {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

const dtypes: Readonly<Record<string, string>> = {
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.DoubleStorage': 'F64',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
}
const functions = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
])

/** Some thirty operations describe a tensor. Without a bound, 16 MB that make a dictionary each would take gigabytes. */
const MAX_OPERATIONS = 2 ** 20

const mark = Symbol('mark')
type Value = unknown

/**
 * The tensors of a pickled state by their names. A state under the key `state_dict` or `model` is found too.
 *
 * @param path for messages
 * @throws ModelFileError `unsafe-pickle` for anything but tensors; `damaged`
 */
export function readPickledTensors(bytes: Uint8Array, path: string): Map<string, PickledTensor> {
  const state = new Unpickler(bytes, path).run()
  const nested = state instanceof Map ? (state.get('state_dict') ?? state.get('model') ?? state) : state
  if (!(nested instanceof Map))
    throw new ModelFileError('damaged', { path, reason: 'holds no state of a model' })
  const tensors = new Map<string, PickledTensor>()
  for (const [name, value] of nested) {
    if (typeof name === 'string' && isTensor(value)) tensors.set(name, value)
  }
  return tensors
}

function isTensor(value: Value): value is PickledTensor {
  return typeof value === 'object' && value !== null && 'storage' in value && 'strides' in value
}

class Unpickler {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #path: string
  #at = 0
  #stack: Value[] = []
  readonly #memo: Value[] = []

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#path = path
  }

  run(): Value {
    for (let operations = 0; ; operations++) {
      if (operations === MAX_OPERATIONS) throw this.#damaged('has more operations than weights take')
      const operation = this.#take(1)[0]!
      switch (operation) {
        case 0x80: // PROTO
          this.#take(1)
          break
        case 0x95: // FRAME
          this.#take(8)
          break
        case 0x2e: // STOP
          return this.#pop()
        case 0x28: // MARK
          this.#stack.push(mark)
          break
        case 0x4e: // NONE
          this.#stack.push(null)
          break
        case 0x88: // NEWTRUE
        case 0x89: // NEWFALSE
          this.#stack.push(operation === 0x88)
          break
        case 0x4b: // BININT1
          this.#stack.push(this.#take(1)[0]!)
          break
        case 0x4d: // BININT2
          this.#stack.push(this.#uint16())
          break
        case 0x4a: // BININT
          this.#stack.push(this.#int32())
          break
        case 0x8a: // LONG1
          this.#stack.push(this.#long(this.#take(1)[0]!))
          break
        case 0x47: // BINFLOAT
          this.#stack.push(new DataView(new Uint8Array(this.#take(8)).buffer).getFloat64(0))
          break
        case 0x58: // BINUNICODE
          this.#stack.push(this.#text(this.#uint32()))
          break
        case 0x8c: // SHORT_BINUNICODE
          this.#stack.push(this.#text(this.#take(1)[0]!))
          break
        case 0x7d: // EMPTY_DICT
          this.#stack.push(new Map())
          break
        case 0x5d: // EMPTY_LIST
        case 0x29: // EMPTY_TUPLE
          this.#stack.push([])
          break
        case 0x74: // TUPLE
          this.#stack.push(this.#popToMark())
          break
        case 0x85: // TUPLE1
        case 0x86: // TUPLE2
        case 0x87: // TUPLE3
          this.#stack.push(this.#popMany(operation - 0x84))
          break
        case 0x61: // APPEND
          this.#append([this.#pop()])
          break
        case 0x65: // APPENDS
          this.#append(this.#popToMark())
          break
        case 0x73: // SETITEM
          this.#setItems(this.#popMany(2))
          break
        case 0x75: // SETITEMS
          this.#setItems(this.#popToMark())
          break
        case 0x71: // BINPUT
          this.#memo[this.#take(1)[0]!] = this.#top()
          break
        case 0x72: // LONG_BINPUT
          this.#put(this.#uint32())
          break
        case 0x94: // MEMOIZE
          this.#memo.push(this.#top())
          break
        case 0x68: // BINGET
          this.#get(this.#take(1)[0]!)
          break
        case 0x6a: // LONG_BINGET
          this.#get(this.#uint32())
          break
        case 0x63: // GLOBAL
          this.#stack.push(this.#label(`${this.#line()}.${this.#line()}`))
          break
        case 0x93: {
          // STACK_GLOBAL
          const [module, name] = this.#popMany(2)
          if (typeof module !== 'string' || typeof name !== 'string')
            throw this.#damaged('names a function by what is no text')
          this.#stack.push(this.#label(`${module}.${name}`))
          break
        }
        case 0x51: // BINPERSID
          this.#stack.push(this.#storage(this.#pop()))
          break
        case 0x52: {
          // REDUCE
          const [label, argument] = this.#popMany(2)
          this.#stack.push(this.#reduce(label, argument))
          break
        }
        case 0x62: // BUILD: attributes of a dictionary, which do not matter
          this.#pop()
          if (!(this.#top() instanceof Map)) throw this.#damaged('sets attributes of something unknown')
          break
        default:
          throw new ModelFileError('unsafe-pickle', {
            path: this.#path,
            found: `operation 0x${operation.toString(16)}`,
          })
      }
    }
  }

  /** Only what is known by name gets onto the stack at all. */
  #label(name: string): Label {
    if (functions.has(name) || Object.hasOwn(dtypes, name)) return new Label(name)
    throw new ModelFileError('unsafe-pickle', { path: this.#path, found: name })
  }

  #reduce(label: Value, argument: Value): Value {
    if (!(label instanceof Label) || !functions.has(label.name) || !Array.isArray(argument)) {
      throw this.#damaged('calls something that is no function')
    }
    switch (label.name) {
      case 'collections.OrderedDict':
        return new Map()
      case 'torch._utils._rebuild_parameter':
        if (!isTensor(argument[0])) throw this.#damaged('has a parameter without a tensor')
        return argument[0]
      default:
        return this.#tensor(argument)
    }
  }

  #tensor([storage, offset, shape, strides]: Value[]): PickledTensor {
    const isSize = (value: Value): value is number => Number.isSafeInteger(value) && (value as number) >= 0
    const isSizes = (value: Value): value is number[] => Array.isArray(value) && value.every(isSize)
    const known = typeof storage === 'object' && storage !== null && 'dtype' in storage
    if (
      !known ||
      !isSize(offset) ||
      !isSizes(shape) ||
      !isSizes(strides) ||
      shape.length !== strides.length
    ) {
      throw this.#damaged('describes a tensor that cannot be')
    }
    return { storage: storage as PickledTensor['storage'], offset, shape, strides }
  }

  #storage(id: Value): PickledTensor['storage'] {
    const [kind, type, key, , elements] = Array.isArray(id) ? (id as Value[]) : []
    const dtype = type instanceof Label ? dtypes[type.name] : undefined
    const isKnown =
      kind === 'storage' &&
      dtype !== undefined &&
      typeof key === 'string' &&
      /^\w+$/.test(key) &&
      Number.isSafeInteger(elements)
    if (!isKnown) throw this.#damaged('refers to a storage that cannot be')
    return { dtype, key, elements: elements as number }
  }

  #append(values: Value[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) throw this.#damaged('appends to something that is no list')
    for (const value of values) list.push(value)
  }

  #setItems(values: Value[]): void {
    const map = this.#top()
    if (!(map instanceof Map) || values.length % 2 === 1)
      throw this.#damaged('sets items of something unknown')
    for (let i = 0; i < values.length; i += 2) map.set(values[i], values[i + 1])
  }

  #put(index: number): void {
    // One entry for each operation at most: a memo cannot be larger than the file.
    if (index > this.#bytes.length) throw this.#damaged('has a memo larger than itself')
    this.#memo[index] = this.#top()
  }

  #get(index: number): void {
    if (!(index in this.#memo)) throw this.#damaged('gets from its memo what was not put there')
    this.#stack.push(this.#memo[index])
  }

  #top(): Value {
    if (this.#stack.length === 0) throw this.#damaged('takes from an empty stack')
    return this.#stack.at(-1)
  }

  #pop(): Value {
    const value = this.#top()
    this.#stack.pop()
    return value
  }

  #popMany(count: number): Value[] {
    if (this.#stack.length < count) throw this.#damaged('takes from an empty stack')
    return this.#stack.splice(this.#stack.length - count)
  }

  #popToMark(): Value[] {
    const at = this.#stack.lastIndexOf(mark)
    if (at < 0) throw this.#damaged('has no mark')
    const values = this.#stack.splice(at)
    values.shift()
    return values
  }

  #take(count: number): Uint8Array {
    const end = this.#at + count
    if (end > this.#bytes.length) throw this.#damaged('is cut off')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  #uint16(): number {
    this.#take(2)
    return this.#view.getUint16(this.#at - 2, true)
  }

  #uint32(): number {
    this.#take(4)
    return this.#view.getUint32(this.#at - 4, true)
  }

  #int32(): number {
    this.#take(4)
    return this.#view.getInt32(this.#at - 4, true)
  }

  /** Little-endian two's complement of so many bytes. */
  #long(count: number): number {
    if (count > 8) throw this.#damaged('has a number that is too large')
    let value = 0n
    for (const [i, byte] of this.#take(count).entries()) value |= BigInt(byte) << BigInt(8 * i)
    return Number(BigInt.asIntN(8 * count, value))
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#take(length))
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end < 0) throw this.#damaged('is cut off')
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end))
    this.#at = end + 1
    return text
  }

  #damaged(reason: string): ModelFileError {
    return new ModelFileError('damaged', { path: this.#path, reason: `its pickle ${reason}` })
  }
}
