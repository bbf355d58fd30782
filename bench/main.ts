import { runScenario, type Scenario } from './scenario.ts'

/** Loaded only when asked for. */
const scenarios: Record<string, () => Promise<Scenario>> = {
  assign: async () => (await import('./assign.ts')).assignScenario,
  chaos: async () => (await import('./chaos/chaos.ts')).chaosScenario,
  compare: async () => (await import('./compare/compare.ts')).compareScenario,
  growth: async () => (await import('./growth/growth.ts')).growthScenario,
  list: async () => (await import('./list/list.ts')).listScenario,
  scrape: async () => (await import('./scrape.ts')).scrapeScenario,
  smoke: async () => (await import('./smoke.ts')).smokeScenario,
  store: async () => (await import('./store/store.ts')).storeScenario,
  standalone: async () => (await import('./standalone.ts')).standaloneScenario,
}

const [name = '', ...argv] = process.argv.slice(2)
const load = scenarios[name]
if (load) await runScenario(await load(), argv)
else if (name === 'report') (await import('./report/report.ts')).writeReport()
else {
  process.stderr.write(
    `npm run bench -- <scenario> [flags]; scenarios: ${Object.keys(scenarios).join(', ')}; or report\n`,
  )
  process.exitCode = 2
}
process.exit()
