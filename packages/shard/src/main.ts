import { runShard } from './service.ts'

await runShard(process.argv.slice(2))
