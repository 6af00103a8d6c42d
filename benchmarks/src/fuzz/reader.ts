/** Something that reads what comes from outside. */
export interface Reader {
  /**
   * Valid inputs, all of which must be read without an error.
   *
   * @param folder the folder that {@link read} is given; what is put there stays for all inputs
   */
  seeds(folder: string): Promise<Uint8Array[]> | Uint8Array[]
  /** Further inputs to mutate, which need not be valid. */
  extra?(): Promise<Uint8Array[]> | Uint8Array[]
  /**
   * A mutated input whose checksum is right again, as anyone could make it; undefined where it holds no checksum any
   * more. Without that, few mutations would come further than the checksum.
   */
  reseal?(input: Uint8Array): Uint8Array | undefined
  /** Reads an input to its end. */
  read(input: Uint8Array, folder: string): Promise<unknown>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The bytes of a text, or of a value as JSON. */
export function bytesOf(value: unknown): Uint8Array {
  return encoder.encode(typeof value === 'string' ? value : JSON.stringify(value))
}

/** A reader of a text. */
export function textReader(seeds: () => unknown[], read: (text: string) => unknown): Reader {
  return { seeds: () => seeds().map(bytesOf), read: async input => read(decoder.decode(input)) }
}

/** Applies a change to an input that is a JSON object; undefined for any other. */
export function changeJson(
  input: Uint8Array,
  change: (value: Record<string, unknown>) => unknown,
): Uint8Array | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(input))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return bytesOf(change(value as Record<string, unknown>))
  } catch {
    return undefined
  }
}

/** Reads to the end. */
export async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}
