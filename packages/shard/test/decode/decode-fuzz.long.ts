import { fuzzDecode } from './decode-fuzz.ts'

describe('decode, fuzzed for long', () => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)

  it(`neither throws nor loops nor invents a number in 100,000 damaged answers (FUZZ_SEED=${seed})`, function () {
    this.timeout(300_000)
    fuzzDecode(100_000, seed)
  })
})
