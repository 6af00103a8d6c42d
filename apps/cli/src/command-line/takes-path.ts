import type { Argument, Option } from 'commander'

/** Whether files or folders are what a flag takes, as the placeholder in its definition says. */
export function takesPath({ flags }: Option): boolean {
  return /[<[](?:file|folder|source)s?(?:\.\.\.)?[>\]]$/.test(flags)
}

/** Whether files or folders are what an argument takes: all but the settings that our own processes hand on, and names on the hub. */
export function argumentTakesPath(argument: Argument): boolean {
  return !['settings', 'repository'].includes(argument.name()) && !argument.argChoices
}
