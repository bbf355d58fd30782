export type Table = { header: string[]; rows: string[][] }

/** What kubectl prints in columns; no cell of ours has a blank in it. */
export function readTable(output: string): Table {
  const [header = [], ...rows] = readRows(output)
  return { header, rows }
}

export function readRows(output: string): string[][] {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => line.trim().split(/\s+/))
}
