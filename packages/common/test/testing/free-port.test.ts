import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { freePort } from '../../testing/free-port.ts'

describe('a free port', () => {
  it('can be listened on, and is none that a client may be given meanwhile', async () => {
    const [least] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number)
    for (let n = 0; n < 20; n++) {
      const port = await freePort()
      expect(port).to.be.below(least as number)
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      server.close()
      await once(server, 'close')
    }
  })
})
