/** What importing each run-time dependency costs, beside what docs/dependencies.md says: node scripts/import-cost.ts */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const times = 3
/** Of a figure and its measurement: further apart, and the page is to be mended. */
const most = { ms: 25, mib: 6 }

type Cost = { ms: number; mib: number }
type Row = { libraries: string[]; said: Cost | undefined }

/** In a process of its own, by CPU time: a busy machine makes no difference of it. The last named comes first. */
const probe = (libraries: readonly string[]) => `
  const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
  const [ms, bytes] = [cpu(), process.memoryUsage.rss()]
  for (const each of ${JSON.stringify(libraries.toReversed())}) await import(each)
  process.stdout.write(JSON.stringify([cpu() - ms, (process.memoryUsage.rss() - bytes) / 2 ** 20]))`

function measure(libraries: readonly string[], from: string): Cost {
  const runs = Array.from({ length: times }, () => {
    const args = ['--input-type=module', '-e', probe(libraries)]
    return JSON.parse(execFileSync(process.execPath, args, { cwd: from, encoding: 'utf8' })) as number[]
  })
  const median = (at: number) => runs.map((run) => run[at] ?? 0).sort((a, b) => a - b)[1] ?? 0
  return { ms: Math.round(median(0)), mib: Math.round(median(1)) }
}

/** Run-time dependencies with the folder of a package that has them. */
function dependencies(): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of ['common', 'shard', 'frontend']) {
    const dir = `${root}packages/${name}`
    const { dependencies = {} } = JSON.parse(readFileSync(`${dir}/package.json`, 'utf8'))
    for (const each of Object.keys(dependencies)) if (!each.startsWith('@metrics-ring/')) found.set(each, dir)
  }
  return found
}

/** The rows of the page. A name may lack its scope. */
function rows(known: readonly string[]): Row[] {
  const page = readFileSync(`${root}docs/dependencies.md`, 'utf8')
  return page.split('\n').flatMap((line) => {
    const [, names = '', , , figures = ''] = line.split('|').map((cell) => cell.trim())
    const words = names.split(/[ ,()]+/)
    const libraries = words.flatMap((word) => {
      if (word.startsWith('-')) return known.filter((each) => each.endsWith(`otlp${word}`))
      return known.filter((each) => each === word || (word && each.endsWith(`/${word}`)))
    })
    const [, ms, mib] = /(\d+) ms, (\d+) MiB/.exec(figures) ?? []
    return libraries.length > 0
      ? [{ libraries, said: ms ? { ms: Number(ms), mib: Number(mib) } : undefined }]
      : []
  })
}

const found = dependencies()
const table = rows([...found.keys()])
for (const { libraries, said } of table) {
  const [first = ''] = libraries
  const name = libraries.join(', ')
  // What only a browser loads has no figures.
  if (!said) continue
  const cost = measure(libraries, found.get(first) ?? root)
  const isOff = Math.abs(said.ms - cost.ms) > most.ms || Math.abs(said.mib - cost.mib) > most.mib
  if (isOff) process.exitCode = 1
  const beside = `documented ${said.ms} ms, ${said.mib} MiB${isOff ? ': OFF' : ''}`
  process.stdout.write(`${`${cost.ms} ms, ${cost.mib} MiB`.padEnd(18)}${beside.padEnd(36)}${name}\n`)
}
for (const each of found.keys()) {
  if (table.some(({ libraries }) => libraries.includes(each))) continue
  process.stdout.write(`${each} has no row\n`)
  process.exitCode = 1
}
