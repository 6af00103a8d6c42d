/** One row of a CSV file by the names of its header, with the number of its first line. */
export interface CsvRow {
  line: number
  fields: Record<string, string>
}

/**
 * The rows of a CSV file (RFC 4180) by the names of the first row. The separator is a comma, a semicolon or a tab,
 * whichever the header has most of. Missing cells are empty, surplus ones are left out.
 */
export function parseCsv(text: string): CsvRow[] {
  const content = text.replace(/^\ufeff/, '')
  const header = /^[^\n]*/.exec(content)![0]
  const count = (sign: string): number => header.split(sign).length
  const separator = [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best))
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n"]*))(${separator}|\\r?\\n|\\r|$)`, 'y')
  const rows: { line: number; cells: string[] }[] = []
  let row: string[] = []
  let [line, started] = [1, 1]
  while (cell.lastIndex < content.length) {
    const at = cell.lastIndex
    const found = cell.exec(content)
    // A cell with a stray quotation mark is taken as it stands, up to the next separator.
    const [whole, quoted, plain, end] =
      (found as unknown as Cell | null) ?? strayCell(content.slice(at), separator)
    cell.lastIndex = at + whole.length
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    line += whole.split('\n').length - 1
    if (end === separator && cell.lastIndex < content.length) continue
    if (row.some(each => each !== '')) rows.push({ line: started, cells: row })
    row = []
    started = line
  }
  const [names, ...records] = rows
  return records.map(({ line: at, cells }) => ({
    line: at,
    fields: Object.fromEntries((names?.cells ?? []).map((name, i) => [name.trim(), cells[i] ?? ''])),
  }))
}

type Cell = readonly [whole: string, quoted: string | undefined, plain: string | undefined, end: string]

function strayCell(rest: string, separator: string): Cell {
  const at = rest.search(new RegExp(`[${separator}\\n]`))
  const end = at < 0 ? '' : rest[at]!
  const plain = at < 0 ? rest : rest.slice(0, at)
  return [plain + end, undefined, plain.replace(/\r$/, ''), end]
}
