/** Decimal suffixes by exponent / 3 + 3: nano at 0, none at 3. */
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const none = 3
const maxInt64 = 2n ** 63n - 1n

/**
 * Canonical text of a CPU quantity (DecimalSI), as Kubernetes' Quantity prints it: no fraction, the greatest
 * suffix that loses nothing. `nanocores` is a non-negative integer.
 */
export function cpuQuantity(nanocores: number | bigint): string {
  return decimal(nanocores, 0)
}

/**
 * Canonical text of a memory or swap quantity (BinarySI). Below 1024 Kubernetes falls back to decimal suffixes:
 * 1000 bytes are `1k`. `bytes` is a non-negative integer.
 */
export function memoryQuantity(bytes: number | bigint): string {
  if (bytes < 1024) return decimal(bytes, none)
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes)) {
    let power = 0
    let mantissa = bytes
    for (; mantissa % 1024 === 0 && power < 6; mantissa /= 1024) power++
    return `${mantissa}${binarySuffixes[power]}`
  }
  return bigBinary(fitInt64(BigInt(bytes)))
}

/**
 * The integer that a canonical text of ours stands for: nanocores where `unit` is `cpu`, else bytes.
 * Texts that we do not print are a RangeError.
 */
export function parseQuantity(text: string, unit: 'cpu' | 'bytes'): bigint {
  const [, digits, suffix] = /^([0-9]+)([A-Za-z]*)$/.exec(text) ?? []
  const power = binarySuffixes.indexOf(suffix ?? '?')
  const at = decimalSuffixes.indexOf(suffix ?? '?')
  if (digits === undefined || (power < 0 && at < (unit === 'cpu' ? 0 : none))) {
    throw new RangeError(`not a ${unit} quantity: ${text}`)
  }
  const nano = unit === 'cpu' ? 0 : none
  if (power > 0) return BigInt(digits) * 1024n ** BigInt(power) * 1000n ** BigInt(none - nano)
  return BigInt(digits) * 1000n ** BigInt(at - nano)
}

/** `at` is the place of the value's own unit among the decimal suffixes. */
function decimal(value: number | bigint, at: number): string {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    return bigDecimal(fitInt64(BigInt(value)), at)
  if (value === 0) return '0'
  let mantissa = value
  let place = at
  for (; mantissa % 1000 === 0 && place < 9; mantissa /= 1000) place++
  return `${mantissa}${decimalSuffixes[place]}`
}

function bigDecimal(value: bigint, at: number): string {
  if (value === 0n) return '0'
  let mantissa = value
  let place = at
  for (; mantissa % 1000n === 0n && place < 9; mantissa /= 1000n) place++
  return `${mantissa}${decimalSuffixes[place]}`
}

function bigBinary(value: bigint): string {
  let mantissa = value
  let power = 0
  for (; mantissa % 1024n === 0n && power < 6; mantissa /= 1024n) power++
  return `${mantissa}${binarySuffixes[power]}`
}

/** metrics-server keeps what exceeds an int64 with one decimal digit less (pkg/storage/types.go uint64Quantity). */
function fitInt64(value: bigint): bigint {
  return value > maxInt64 ? (value / 10n) * 10n : value
}
