const units = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']

/** A Kubernetes quantity without a fraction, in billionths of its unit (cores, bytes). Written apart from ours. */
export function nanos(text: string): bigint {
  const [, digits = '', unit = '', binary = ''] = /^(\d+)([numkKMGTPE]?)(i?)$/.exec(text) ?? []
  if (digits === '') throw new Error(`not a quantity: ${text}`)
  if (binary === 'i') return BigInt(digits) * 1024n ** BigInt('KMGTPE'.indexOf(unit) + 1) * 1_000_000_000n
  return BigInt(digits) * 1000n ** BigInt(units.indexOf(unit))
}
