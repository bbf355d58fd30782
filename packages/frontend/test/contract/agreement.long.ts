import { agreementSuite } from './agreement-suite.ts'
import { type Installation, startInstallation } from './installation.ts'

describe('two frontends', function () {
  this.timeout(120_000)
  let installation: Installation
  before(async () => {
    installation = await startInstallation({ nodes: 10, podsPerNode: 30 })
    await installation.freeze()
  })
  after(() => installation?.stop())
  agreementSuite(() => installation, { servedWithinMs: 1_500, commits: 20 })
})
