import { createHttp1Client, createHttp2Client, type FuzzAnswer, type FuzzClient } from './clients.ts'
import { createDice } from './random.ts'
import { drawRequest, type FuzzRequest, type Known } from './requests.ts'

export type Finding = {
  what: string
  asked: FuzzRequest
  answer?: Omit<FuzzAnswer, 'body'> & { text: string }
}
export type FuzzResult = { statuses: Map<number, number>; findings: Finding[] }

const atOnce = 24

/** Sends `count` random requests, half of them over HTTP/2, and judges each answer. */
export async function fuzz(port: number, known: Known, seed: number, count: number): Promise<FuzzResult> {
  const dice = createDice(seed)
  const clients = [createHttp1Client(port), createHttp2Client(port)]
  const statuses = new Map<number, number>()
  const findings: Finding[] = []
  let left = count
  async function worker() {
    while (left-- > 0) {
      const asked = drawRequest(dice, known)
      const finding = await ask(dice.pick(clients), asked, statuses)
      if (finding) findings.push(finding)
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, worker))
  } finally {
    for (const client of clients) client.close()
  }
  return { statuses, findings }
}

async function ask(
  client: FuzzClient,
  asked: FuzzRequest,
  statuses: Map<number, number>,
): Promise<Finding | undefined> {
  try {
    const { body, ...head } = await client.send(asked)
    statuses.set(head.status, (statuses.get(head.status) ?? 0) + 1)
    const what = faultOf(head.status, head.type, body)
    return what === undefined
      ? undefined
      : { what, asked, answer: { ...head, text: body.toString().slice(0, 300) } }
  } catch (error) {
    return { what: `no answer: ${(error as Error).message}`, asked }
  }
}

/** What must never be. */
function faultOf(status: number, type: string, body: Buffer): string | undefined {
  if (status >= 500 && status !== 501 && status !== 503) return `a ${status}`
  if (type.includes('html') || /^\s*<(!doctype|html)/i.test(body.toString('latin1', 0, 100))) return 'HTML'
  if (body.length === 0) return undefined
  if (type.startsWith('application/vnd.kubernetes.protobuf') && body.toString('latin1', 0, 4) !== 'k8s\0') {
    return 'protobuf that is none'
  }
  return undefined
}
