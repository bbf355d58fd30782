import { fuzzSuite } from './fuzz-suite.ts'

describe('a frontend that is asked anything', function () {
  this.timeout(120_000)
  fuzzSuite({ warmUp: 5_000, requests: 10_000 })
})
