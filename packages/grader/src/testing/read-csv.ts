/** The rows of a CSV file (RFC 4180) as records by the names of the first row. */
export function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]]
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r?\n|$)/g
  for (const [whole, quoted, plain, end] of text.replace(/^\ufeff/, '').matchAll(cell)) {
    if (whole === '') break
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end !== ',') rows.push([])
  }
  const [names = [], ...records] = rows.filter(({ length }) => length > 0)
  return records.map(record => Object.fromEntries(names.map((name, i) => [name, record[i] ?? ''])))
}
