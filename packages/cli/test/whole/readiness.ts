import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { ServiceProcess } from '../../src/demo/process.ts'
import type { Installation } from './installation.ts'

/** What /readyz?verbose of every process says, or why it says nothing: shards first. */
export function readiness({ deployment }: Installation): Promise<string[]> {
  return Promise.all([
    ...deployment.shards().map(({ port }) => shardReadiness(port)),
    ...deployment.frontends().map(({ port }) => frontendReadiness(port)),
  ])
}

/** With its status before it. */
export async function shardReadiness(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz?verbose`).catch(String)
  return typeof answer === 'string' ? answer : `${answer.status} ${await answer.text()}`
}

export function frontendReadiness(port: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz?verbose', rejectUnauthorized: false }
    const asked = request(options, (response) => {
      void text(response).then((body) => resolve(`${response.statusCode} ${body}`))
    })
    asked.on('error', (error) => resolve(String(error)))
    asked.end()
  })
}

/** How many lines of each process' log match: shards first. */
export function logged({ deployment }: Installation, pattern: RegExp): number[] {
  const count = ({ logFile }: ServiceProcess) =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line)).length
  return [...deployment.shards(), ...deployment.frontends()].map(count)
}
