import type { CompletedCommand, Value } from './completion-table.ts'

/**
 * A function for bash's `complete -F`. It finds the command among the words before the cursor, then offers what may follow
 * the last word: values of a flag, commands, flags, or files.
 */
export function bashScript(table: readonly CompletedCommand[]): string {
  const groups = table.filter(({ commands }) => commands.length > 0)
  return `_tinystories() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word i
  COMPREPLY=()
  # A value after = is a word of its own for bash.
  if [[ $current == = ]]; then current=''; previous=\${COMP_WORDS[COMP_CWORD-1]}
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$command/$word" in
${groups
  .map(
    ({ path, commands }) =>
      `      ${commands.map(({ name }) => quoted(`${path}/${name}`)).join('|')}) command=${path === '' ? '$word' : `"${path} $word"`} ;;`,
  )
  .join('\n')}
    esac
  done
  local words='' files=''
  case "$command/$previous" in
${table.flatMap(({ path, flags }) => flags.filter(({ value }) => value !== undefined).map(({ name, value }) => `    ${quoted(`${path}/${name}`)}) ${bashValue(value)} ;;`)).join('\n')}
    *)
      case "$command" in
${table
  .map(({ path, commands, flags, argument }) => {
    const names = [
      ...commands.map(({ name }) => name),
      ...(argument?.type === 'choice' ? argument.words : []),
    ]
    const flagNames = quoted(flags.map(({ name }) => name).join(' '))
    // Flags are offered before a dash is typed where there is nothing else.
    const others = names.length > 0 ? quoted(names.join(' ')) : argument ? "''" : flagNames
    const offered = `if [[ $current == -* ]]; then words=${flagNames}; else words=${others}${argument?.type === 'path' ? ' files=1' : ''}; fi`
    return `        ${quoted(path)}) ${offered} ;;`
  })
  .join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
  fi
}
complete -F _tinystories tinystories
`
}

function bashValue(value: Value): string {
  if (value?.type === 'path') return 'files=1'
  return value?.type === 'choice' ? `words=${quoted(value.words.join(' '))}` : ':'
}

/** The same through zsh's emulation of bash's completion, which is part of zsh. */
export function zshScript(table: readonly CompletedCommand[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(table)}`
}

/** One `complete` for each command and flag, with what they do beside it. */
export function fishScript(table: readonly CompletedCommand[]): string {
  const lines = table.flatMap(({ path, commands, flags, argument }) => {
    const names = path === '' ? [] : path.split(' ')
    const here = commands.map(({ name }) => name)
    // The words before the cursor name this command, and none below it.
    const condition = [
      ...(names.length === 0 ? [] : [`__fish_seen_subcommand_from ${names.at(-1)}`]),
      ...(names.length === 2 ? [`__fish_seen_subcommand_from ${names[0]}`] : []),
      ...(here.length === 0 ? [] : [`not __fish_seen_subcommand_from ${here.join(' ')}`]),
    ].join('; and ')
    const start = `complete -c tinystories -n ${quoted(condition)}`
    return [
      ...commands.map(({ name, description }) => `${start} -f -a ${name} -d ${quoted(description)}`),
      ...(argument?.type === 'choice' ? [`${start} -f -a ${quoted(argument.words.join(' '))}`] : []),
      ...flags.map(
        ({ name, description, value }) =>
          `${start} -l ${name.slice(2)}${fishValue(value)} -d ${quoted(description)}`,
      ),
    ]
  })
  return `${lines.join('\n')}\n`
}

function fishValue(value: Value): string {
  if (value === undefined) return ''
  if (value.type === 'choice') return ` -x -a ${quoted(value.words.join(' '))}`
  return value.type === 'path' ? ' -r -F' : ' -x'
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
