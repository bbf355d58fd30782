import { connect } from 'node:tls'
import { createDice, type Dice } from './random.ts'

const lines = [
  ...[
    'GET / HTTP/1.1',
    'GET / HTTP/9.9',
    'GET',
    '',
    'GET  HTTP/1.1',
    'PRI * HTTP/2.0',
    'CONNECT a:1 HTTP/1.1',
    'get / http/1.1',
  ],
  ...[
    'GET http://[::1/ HTTP/1.1',
    `GET /${'a'.repeat(20_000)} HTTP/1.1`,
    'GET /\u0001 HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    '\u0000\u0000',
  ],
]
const headers = [
  ...[
    'Host: a',
    'Host',
    'Host: a\r\nHost: b',
    'Content-Length: -1',
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
  ],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Expect: 100-continue',
    'Expect: x',
    'Upgrade: websocket\r\nConnection: Upgrade',
  ],
  ...[
    'Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AA',
    ' folded: x',
    'X: \u0000',
    `X: ${'y'.repeat(70_000)}`,
    ': x',
    'X:\rY',
  ],
]
const bodies = [
  '',
  'zz\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '0\r\nX: y',
  '\u0000'.repeat(99),
]

/** Bytes over TLS, spoken as HTTP/1.1 or as HTTP/2. @returns what came back, as far as it is text */
export async function sendRaw(port: number, seed: number, count: number): Promise<string[]> {
  const dice = createDice(seed)
  const answers: string[] = []
  for (let sent = 0; sent < count; sent += 20) {
    answers.push(...(await Promise.all(Array.from({ length: 20 }, () => exchange(port, dice)))))
  }
  return answers
}

function exchange(port: number, dice: Dice): Promise<string> {
  const http2 = dice.chance(0.3)
  const payload = http2 ? frames(dice) : Buffer.from(message(dice), 'latin1')
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ALPNProtocols: [http2 ? 'h2' : 'http/1.1'],
    })
    let answer = ''
    const done = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(http2 ? '' : answer)
    }
    const timer = setTimeout(done, 500)
    socket.on('secureConnect', () => socket.write(payload))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', done).on('close', done)
  })
}

function message(dice: Dice): string {
  const head = [dice.pick(lines), ...dice.several(0, 4, () => dice.pick(headers))].join('\r\n')
  return `${head}\r\n\r\n${dice.pick(bodies)}`
}

/** The preface, or not, and frames of any type, length and stream. */
function frames(dice: Dice): Buffer {
  const frame = () => {
    const body = Buffer.from(dice.several(0, 40, () => dice.below(256)))
    const header = Buffer.alloc(9)
    header.writeUIntBE(dice.chance(0.8) ? body.length : dice.below(2 ** 24), 0, 3)
    header.writeUInt8(dice.below(12), 3)
    header.writeUInt8(dice.below(256), 4)
    header.writeUInt32BE(dice.below(6), 5)
    return Buffer.concat([header, body])
  }
  const preface = dice.chance(0.9) ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' : 'PRI'
  return Buffer.concat([
    Buffer.from(preface),
    Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
    ...dice.several(1, 6, frame),
  ])
}
