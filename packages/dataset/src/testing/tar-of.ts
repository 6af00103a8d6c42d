/** A tar archive (ustar) of these files. */
export function tarOf(files: Record<string, string | Uint8Array>): Buffer {
  const parts: Uint8Array[] = []
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as string)
    parts.push(tarHeader(name, bytes.length), bytes, Buffer.alloc(-bytes.length & 511))
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

/** The header of an entry: type 0 is a file, 2 a symbolic link. */
export function tarHeader(name: string, size: number, type = '0', target = ''): Uint8Array {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(target, 157)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
