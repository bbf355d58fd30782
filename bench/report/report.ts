import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Results } from '../compare/compare-results.ts'
import { compareRows } from '../compare/compare-rows.ts'
import type { GrowthResults } from '../growth/growth.ts'
import { loadResult, resultFile } from '../results.ts'
import { comparePlots, type Plots } from './compare-plots.ts'
import { compareText, fourNumbers } from './compare-text.ts'
import { growthPlots } from './growth-plots.ts'
import { growthText } from './growth-text.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Files by their path from the root of the repository, and what must stand in them. */
export type Report = {
  files: Record<string, string>
  /** Between `<!-- bench: <name> -->` and `<!-- bench end -->`. */
  sections: { file: string; name: string; text: string }[]
}

/** Of the runs that are kept in bench/results. */
export function makeReport(): Report {
  const report: Report = { files: {}, sections: [] }
  const plots = (made: Plots) => {
    for (const [name, svg] of Object.entries(made)) report.files[`docs/plots/${name}.svg`] = svg
    return Object.keys(made)
      .map((name) => `![${name}](plots/${name}.svg)`)
      .join('\n\n')
  }
  if (existsSync(resultFile('compare'))) {
    const kept = loadResult<Results>('compare')
    const result = { ...kept, rows: compareRows(kept.details) }
    const text = `${compareText(result)}\n${plots(comparePlots(result.details))}\n`
    report.sections.push({ file: 'docs/performance.md', name: 'compare', text })
    report.sections.push({ file: 'README.md', name: 'numbers', text: fourNumbers(result) })
  }
  if (existsSync(resultFile('growth'))) {
    const result = loadResult<GrowthResults>('growth')
    const text = `${growthText(result)}\n${plots(growthPlots(result.details))}\n`
    report.sections.push({ file: 'docs/performance.md', name: 'growth', text })
  }
  return report
}

/** The text of a file with one section replaced. @throws Error where the file has no such markers */
export function withSection(whole: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench: ${name} -->\n`, '<!-- bench end -->']
  const from = whole.indexOf(begin)
  const to = whole.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`there is no ${begin.trim()} … ${end}`)
  return `${whole.slice(0, from + begin.length)}\n${text.replace(/^\n+/, '').trimEnd()}\n\n${whole.slice(to)}`
}

/** `npm run bench -- report`: plots, and the quoted sections of the documents, from the results that are kept. */
export function writeReport(): void {
  const { files, sections } = makeReport()
  mkdirSync(`${root}docs/plots`, { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(root + path, text)
  for (const { file, name, text } of sections) {
    writeFileSync(root + file, withSection(readFileSync(root + file, 'utf8'), name, text))
  }
  const written = [...Object.keys(files), ...new Set(sections.map(({ file }) => file))]
  process.stdout.write(`written: ${written.join(', ')}\n`)
}
