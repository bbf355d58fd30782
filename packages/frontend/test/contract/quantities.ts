/** The arithmetic of quantities, done again for the tests. */
const factors: Record<string, [numerator: bigint, denominator: bigint]> = {
  n: [1n, 10n ** 9n],
  u: [1n, 10n ** 6n],
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [1000n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  T: [10n ** 12n, 1n],
  Ki: [2n ** 10n, 1n],
  Mi: [2n ** 20n, 1n],
  Gi: [2n ** 30n, 1n],
  Ti: [2n ** 40n, 1n],
}

/** Exact value in billionths. */
export function billionths(text: string): bigint {
  const [, digits = '', suffix = ''] = /^(\d+)([a-zA-Z]*)$/.exec(text) ?? []
  const factor = factors[suffix]
  if (digits === '' || !factor) throw new Error(`"${text}" is not a quantity`)
  return (BigInt(digits) * factor[0] * 10n ** 9n) / factor[1]
}

export function sum(texts: readonly string[]): bigint {
  return texts.reduce((total, text) => total + billionths(text), 0n)
}

/** As kubectl top shows CPU: millicores, rounded up. */
export function cpuCell(amount: bigint): string {
  return `${milli(amount)}m`
}

/** As kubectl top shows memory: MiB, rounded down. */
export function bytesCell(amount: bigint): string {
  return `${ceil(amount, 10n ** 9n) / 2n ** 20n}Mi`
}

/** As kubectl top shows a share, from thousandths rounded up. */
export function percentCell(amount: bigint, of: bigint): string {
  return `${Math.trunc((Number(milli(amount)) / Number(milli(of))) * 100)}%`
}

/** As kubectl compares and prints. */
export function milli(amount: bigint): bigint {
  return ceil(amount, 10n ** 6n)
}

function ceil(amount: bigint, unit: bigint): bigint {
  return (amount + unit - 1n) / unit
}
