/** A value of YAML's front matter: text in double quotes, which JSON's are but for a few characters. */
export function yamlText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Text of others in a line of Markdown: what could mark something up is written as its number. */
export function markdownText(text: string): string {
  return text
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .replace(/[^\p{L}\p{M}\p{N} ,.;'"?/:=%-]/gu, character => `&#${character.codePointAt(0)};`)
    .replace(/^[-=\d]/, character => `&#${character.codePointAt(0)};`)
}

/** A table of Markdown. Its cells are markup. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
