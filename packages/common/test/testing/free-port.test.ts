import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { freePort } from '../../testing/free-port.ts'

describe('a free port', () => {
  it('can be listened on, and is none that a client may be given meanwhile', async () => {
    for (let n = 0; n < 20; n++) {
      const port = await freePort()
      expect(port).to.be.within(20_000, 32_767)
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      server.close()
      await once(server, 'close')
    }
  })
})
