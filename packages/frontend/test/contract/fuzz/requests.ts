import type { Dice } from './random.ts'
import {
  agents,
  methods,
  oddities,
  parameters,
  scalars,
  selectors,
  typeParameters,
  types,
  words,
} from './vocabulary.ts'

export type FuzzRequest = {
  method: string
  /** With its query, percent-encoded or not quite. */
  path: string
  headers: Record<string, string | string[]>
  body: string
}

/** What there is, so that chance also finds it. */
export type Known = { namespaces: string[]; pods: string[]; nodes: string[]; tokens: string[] }

export function drawRequest(dice: Dice, known: Known): FuzzRequest {
  const query = drawQuery(dice)
  return {
    method: dice.chance(0.85) ? 'GET' : dice.pick(methods),
    path: drawPath(dice, known) + (query === '' ? '' : `?${query}`),
    headers: drawHeaders(dice, known),
    body: dice.chance(0.05) ? dice.pick(['{}', '{"kind":"DeleteOptions"}', 'x'.repeat(5000), '\u0000']) : '',
  }
}

function drawPath(dice: Dice, known: Known): string {
  if (dice.chance(0.1)) return `/${dice.several(0, 7, () => dice.pick([...words, ...oddities])).join('/')}`
  const version = dice.pick(['v1', 'v1beta1'])
  const base = `/apis/metrics.k8s.io/${version}`
  const path = dice.pick([
    ...[
      `${base}/pods`,
      `${base}/nodes`,
      base,
      '/apis',
      '/apis/metrics.k8s.io',
      '/openapi/v2',
      '/openapi/v3',
      '/version',
    ],
    `${base}/nodes/${dice.pick([...known.nodes, ...oddities])}`,
    `${base}/namespaces/${dice.pick([...known.namespaces, ...oddities])}/pods`,
    `${base}/namespaces/${dice.pick(known.namespaces)}/pods/${dice.pick([...known.pods, ...oddities])}`,
    `/openapi/v3/apis/metrics.k8s.io/${version}`,
    ...['/healthz', '/livez', '/readyz', '/readyz/ping', '/metrics', '/'],
  ])
  return dice.chance(0.75) ? path : damaged(dice, path)
}

function damaged(dice: Dice, path: string): string {
  const at = 1 + dice.below(path.length)
  return dice.pick([
    path.slice(0, at),
    `${path}/`,
    path.replace('/', '//'),
    `${path.slice(0, at)}${dice.pick(oddities)}${path.slice(at)}`,
    `${path}/${dice.pick([...words, ...oddities])}`,
    path.toUpperCase(),
    `${path.slice(0, at)}%${path.charCodeAt(at - 1).toString(16)}${path.slice(at)}`,
  ])
}

function drawQuery(dice: Dice): string {
  if (dice.chance(0.4)) return ''
  return dice
    .several(1, 4, () => {
      const key = dice.pick(parameters)
      const value = key.endsWith('Selector') ? drawSelector(dice) : dice.pick([...scalars, ...selectors])
      const encode = dice.pick([encodeURIComponent, encodeURIComponent, encodeURI])
      const text = encode(value).replaceAll('#', '%23')
      return dice.pick([
        `${key}=${text}`,
        `${key}=${text}`,
        `${key}=${text}`,
        key,
        `${key}=%zz`,
        `${key}=${text}%`,
      ])
    })
    .join(dice.pick(['&', '&', '&', ';', '&&']))
}

function drawSelector(dice: Dice): string {
  const text = dice.several(1, 3, () => dice.pick(selectors)).join(',')
  return dice.chance(0.7) ? text : text.slice(0, dice.below(text.length + 1))
}

function drawAccept(dice: Dice): string {
  const clause = () => [dice.pick(types), ...dice.several(0, 3, () => dice.pick(typeParameters))].join(';')
  return dice.several(1, 4, clause).join(dice.pick([',', ', ', ',,']))
}

function drawHeaders(dice: Dice, known: Known): FuzzRequest['headers'] {
  const headers: FuzzRequest['headers'] = {}
  const sometimes = (share: number, name: string, value: () => string | string[]) => {
    if (dice.chance(share)) headers[name] = value()
  }
  sometimes(0.95, 'authorization', () => `Bearer ${dice.pick(known.tokens)}`)
  sometimes(0.02, 'authorization', () =>
    dice.pick(['Bearer', 'Bearer ', 'Basic YTpi', 'Bearer x', 'bearer  y', '']),
  )
  sometimes(0.6, 'accept', () => drawAccept(dice))
  sometimes(0.3, 'accept-encoding', () =>
    dice.pick(['gzip', 'gzip, br', 'gzip;q=0', '*', 'identity;q=0', 'br', '']),
  )
  sometimes(0.2, 'user-agent', () => Buffer.from(dice.pick(agents)).toString('latin1'))
  sometimes(0.1, 'if-none-match', () => dice.pick(['*', '""', 'x', 'W/"a"', '"'.repeat(9)]))
  sometimes(0.05, 'x-remote-user', () => dice.pick(['root', '', 'é'.normalize('NFC')]))
  sometimes(0.05, 'x-remote-group', () => ['system:masters', 'a,b'])
  sometimes(0.05, `x-remote-extra-${dice.pick(['a', '%zz', '%2f', 'scopes'])}`, () => 'x')
  sometimes(0.03, `impersonate-${dice.pick(['user', 'group', 'extra-x'])}`, () => 'root')
  sometimes(0.05, 'audit-id', () => dice.pick(['x', 'x'.repeat(2000), '']))
  sometimes(0.05, 'range', () => 'bytes=0-1')
  sometimes(0.05, 'content-type', () => dice.pick(types.filter((type) => type !== '')))
  sometimes(0.02, 'cookie', () => 'a=b; c=d')
  for (let n = dice.chance(0.01) ? 150 : 0; n > 0; n--) headers[`x-filler-${n}`] = 'y'.repeat(50)
  return headers
}
