import { fuzzDecode } from './decode-fuzz.ts'

describe('decode, fuzzed', () => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)

  it(`neither throws nor loops nor invents a number in 5,000 damaged answers (FUZZ_SEED=${seed})`, () => {
    fuzzDecode(5_000, seed)
  })
})
