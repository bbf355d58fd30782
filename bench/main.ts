import { runScenario, type Scenario } from './scenario.ts'

/** Loaded only when asked for. */
const scenarios: Record<string, () => Promise<Scenario>> = {
  assign: async () => (await import('./assign.ts')).assignScenario,
  chaos: async () => (await import('./chaos.ts')).chaosScenario,
  compare: async () => (await import('./compare/compare.ts')).compareScenario,
  list: async () => (await import('./list.ts')).listScenario,
  standalone: async () => (await import('./standalone.ts')).standaloneScenario,
  scrape: async () => (await import('./scrape.ts')).scrapeScenario,
}

const [name = '', ...argv] = process.argv.slice(2)
const load = scenarios[name]
if (load) await runScenario(await load(), argv)
else {
  process.stderr.write(
    `npm run bench -- <scenario> [flags]; scenarios: ${Object.keys(scenarios).join(', ')}\n`,
  )
  process.exitCode = 2
}
process.exit()
