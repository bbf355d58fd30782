import { fuzzSuite } from './fuzz-suite.ts'

describe('a frontend that is asked anything, for long', function () {
  this.timeout(900_000)
  fuzzSuite({ warmUp: 80_000, requests: 120_000 })
})
