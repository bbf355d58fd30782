import { runFrontend } from './service.ts'

await runFrontend(process.argv.slice(2))
