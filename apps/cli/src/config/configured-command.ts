import { Command, type ParseOptionsResult } from 'commander'

/** A command whose options may also come from a configuration file. What is typed wins. */
export class ConfiguredCommand extends Command {
  /** Of the program: the file that was read. */
  configuration: string | undefined
  #configured: Readonly<Record<string, unknown>> = {}

  override createCommand(name?: string): ConfiguredCommand {
    return new ConfiguredCommand(name)
  }

  /** Takes parsed values of options, by their attribute names. */
  configure(values: Readonly<Record<string, unknown>>): void {
    this.#configured = values
  }

  /** The options whose values the configuration gave, after parsing. */
  configuredNames(): string[] {
    return Object.keys(this.#configured).filter(name => this.getOptionValueSource(name) === 'config')
  }

  /** Before commander looks for options that must be there. */
  override parseOptions(args: string[]): ParseOptionsResult {
    const parsed = super.parseOptions(args)
    // A run that is resumed has settings of its own.
    if (this.getOptionValueSource('resume') === 'cli') return parsed
    for (const [name, value] of Object.entries(this.#configured))
      if (this.getOptionValueSource(name) !== 'cli') this.setOptionValueWithSource(name, value, 'config')
    return parsed
  }
}
