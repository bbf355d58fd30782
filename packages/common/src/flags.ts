import { parseArgs } from 'node:util'
import { parseDuration } from './duration.ts'

/**
 * One command-line flag. The default is given as text, as it would stand on the command line;
 * without one the flag is undefined (lists: empty) when it is not given.
 */
export type Flag = {
  /** A `file` is the path of one that must be readable. */
  type: 'string' | 'file' | 'duration' | 'int' | 'bool' | 'list'
  default?: string
  /** One letter, as in `-l`. */
  short?: string
  /** One line for --help. */
  help: string
  /** Environment variable read when the flag is not given: for what must stay out of the process list. */
  env?: string
  /** Least value of a duration (ms) or an int. */
  least?: number
  /** The only values a string may take. */
  oneOf?: readonly string[]
}

export type FlagTable = Readonly<Record<string, Flag>>

type ValueOf<F extends Flag> = F['type'] extends 'bool'
  ? boolean
  : F['type'] extends 'list'
    ? string[]
    : F['type'] extends 'string' | 'file'
      ? F extends { default: string }
        ? string
        : string | undefined
      : F extends { default: string }
        ? number
        : number | undefined

/** Durations come in milliseconds, lists split at commas. */
export type FlagValues<T extends FlagTable> = { [K in keyof T]: ValueOf<T[K]> }

export type ReadFlags<T extends FlagTable> = {
  values: FlagValues<T>
  /** Names given on the command line or by environment. */
  given: ReadonlySet<string>
  /** Everything wrong with the command line, a sentence each; empty if nothing is. */
  faults: string[]
  /** Accepted flags that mean nothing here. */
  ignored: string[]
  /** Paths that flags of type `file` name. */
  files: string[]
}

/**
 * Reads a command line by a table of flags; pure. `--name value`, `--name=value`, `--bool`, `--bool=false` and
 * `-v 2`, `-v=2` and `-v2` work as in Go's pflag; every fault is collected. `ignorable` are names accepted without meaning, with
 * whether they take a value.
 */
export function readFlags<const T extends FlagTable>(
  table: T,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  ignorable: Readonly<Record<string, 'bool' | 'value'>> = {},
): ReadFlags<T> {
  const given = collect(table, argv, ignorable)
  const values: Record<string, unknown> = {}
  const names = new Set(given.texts.keys())
  const files: string[] = []
  for (const [name, flag] of Object.entries(table)) {
    const fromEnv = flag.env === undefined ? undefined : env[flag.env] || undefined
    const text = given.texts.get(name) ?? fromEnv
    if (text !== undefined) names.add(name)
    const read = readValue(name, flag, text ?? flag.default)
    values[name] = read.value
    if (flag.type === 'file' && text) files.push(text)
    if (read.fault) given.faults.push(read.fault)
  }
  const { faults, ignored } = given
  return { values: values as FlagValues<T>, given: names, faults, ignored, files }
}

function collect(
  table: FlagTable,
  argv: readonly string[],
  ignorable: Readonly<Record<string, 'bool' | 'value'>>,
) {
  const texts = new Map<string, string>()
  const faults: string[] = []
  const ignored: string[] = []
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple: true }> = {}
  const longNames = new Map<string, string>()
  for (const [name, kind] of Object.entries(ignorable)) {
    options[name] = { type: kind === 'bool' ? 'boolean' : 'string', multiple: true }
  }
  for (const [name, flag] of Object.entries(table)) {
    const short = name.length === 1 ? name : flag.short
    if (short) longNames.set(short, name)
    options[name] = {
      type: flag.type === 'bool' ? 'boolean' : 'string',
      multiple: true,
      ...(short && { short }),
    }
  }
  // parseArgs takes the = of -v=2 for a part of the value.
  const spelledOut = argv.map((each) =>
    each.replace(/^-(\w)=/, (as, short) => (longNames.has(short) ? `--${longNames.get(short)}=` : as)),
  )
  const { tokens } = parseArgs({
    args: spelledOut,
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') faults.push(`unexpected argument "${token.value}"`)
    if (token.kind !== 'option') continue
    const flag = table[token.name]
    if (flag === undefined) {
      if (token.name in ignorable) ignored.push(token.name)
      else faults.push(`unknown flag: ${token.rawName}`)
    } else if (flag.type === 'bool') {
      texts.set(token.name, token.value ?? 'true')
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
      faults.push(`--${token.name} needs a value`)
    } else {
      const before = flag.type === 'list' ? texts.get(token.name) : undefined
      texts.set(token.name, before === undefined ? token.value : `${before},${token.value}`)
    }
  }
  return { texts, faults, ignored }
}

type Read = { value: unknown; fault?: string }

function readValue(name: string, flag: Flag, text: string | undefined): Read {
  if (flag.type === 'list')
    return {
      value: (text ?? '')
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    }
  if (flag.type === 'bool') return readBool(name, text ?? 'false')
  if (text === undefined) return { value: undefined }
  if (flag.type === 'file') return { value: text || undefined }
  if (flag.type === 'string') {
    const known = flag.oneOf === undefined || flag.oneOf.includes(text)
    return known
      ? { value: text }
      : { value: text, fault: `--${name}: "${text}" is not one of ${flag.oneOf?.join(', ')}` }
  }
  const value = flag.type === 'duration' ? parseDuration(text) : readInt(text)
  if (value === undefined) {
    const wanted = flag.type === 'duration' ? 'a duration such as 15s or 1m30s' : 'a whole number'
    return { value: 0, fault: `--${name}: "${text}" is not ${wanted}` }
  }
  if (value < (flag.least ?? 0)) return { value, fault: `--${name}: ${text} is less than ${leastText(flag)}` }
  return { value }
}

function readBool(name: string, text: string): Read {
  if (['true', '1', 't', 'T', 'TRUE', 'True'].includes(text)) return { value: true }
  if (['false', '0', 'f', 'F', 'FALSE', 'False'].includes(text)) return { value: false }
  return { value: false, fault: `--${name}: "${text}" is not true or false` }
}

function readInt(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

function leastText(flag: Flag): string {
  const least = flag.least ?? 0
  return flag.type === 'duration' ? `${least / 1000}s` : String(least)
}

/** The flags as --help prints them: name, default and meaning, in table order. */
export function flagsHelp(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, flag]) => {
    const dashes = name.length === 1 ? `-${name}` : `${flag.short ? `-${flag.short}, ` : ''}--${name}`
    const notes = [flag.default && `default ${flag.default}`, flag.env && `or env ${flag.env}`].filter(
      Boolean,
    )
    const value = flag.type === 'bool' ? '' : (flag.oneOf?.join('|') ?? flag.type)
    return { left: `  ${dashes} ${value}`.trimEnd(), help: flag.help, notes }
  })
  const width = Math.max(...rows.map((row) => row.left.length)) + 2
  return rows
    .map(
      (row) => `${row.left.padEnd(width)}${row.help}${row.notes.length ? ` (${row.notes.join(', ')})` : ''}`,
    )
    .join('\n')
}
