import { expect } from 'chai'
import { createSender } from '../../src/redis/sender.ts'

const script = { text: 'return 1', sha: 'abc' }
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function setUp() {
  const newSocket = () => {
    const written: string[] = []
    return { written, writable: true, write: (text: string | Buffer) => written.push(String(text)) }
  }
  const sockets = { current: newSocket() as ReturnType<typeof newSocket> | undefined }
  const commands: { args: unknown[]; answer: PromiseWithResolvers<unknown> }[] = []
  const sender = createSender(
    () => sockets.current,
    (name, args, sink) => {
      const answer = Promise.withResolvers<unknown>()
      const command = { args, promise: answer.promise, answer }
      commands.push(command)
      sink.write(`${name} ${args.join(' ')};`)
      return command
    },
  )
  return { ...sender, commands, sockets, newSocket }
}

describe('sending scripts', () => {
  it('writes what is sent in one turn at once, in order', async () => {
    const { send, sockets } = setUp()
    void send(script, ['k'], ['1'])
    void send(script, [], ['2'])
    expect(sockets.current?.written).to.deep.equal([])
    await turn()
    expect(sockets.current?.written).to.deep.equal(['evalsha abc 1 k 1;evalsha abc 0 2;'])
    void send(script, [], ['3'])
    await turn()
    expect(sockets.current?.written).to.have.length(2)
  })

  it('writes what is gathered before anything that goes another way', async () => {
    const { send, flush, sockets } = setUp()
    void send(script, [], ['1'])
    flush()
    sockets.current?.write('quit')
    await turn()
    expect(sockets.current?.written).to.deep.equal(['evalsha abc 0 1;', 'quit'])
  })

  it('gives the reply, and lets go of what was sent and of what came', async () => {
    const { send, commands } = setUp()
    const reply = send(script, [], ['a long text'])
    commands[0]?.answer.resolve('OK')
    expect(await reply).to.equal('OK')
    expect(commands[0]?.args).to.deep.equal([])
    const long = send(script, [], [])
    commands[1]?.answer.resolve(['a long text', ['another']])
    expect(await long).to.deep.equal(['a long text', ['another']])
    expect(await commands[1]?.answer.promise).to.deep.equal([])
  })

  it('sends the text of a script that the server does not know, and rejects with any other error', async () => {
    const { send, commands } = setUp()
    const reply = send(script, ['k'], [])
    commands[0]?.answer.reject(new Error('NOSCRIPT No matching script.'))
    await turn()
    expect(commands[1]?.args).to.deep.equal(['return 1', '1', 'k'])
    commands[1]?.answer.reject(new Error('OOM'))
    const error = await reply.catch((each: unknown) => each)
    expect(String(error)).to.equal('Error: OOM')
  })

  it('writes nothing to a connection that has ended, nor to the next one what was meant for it', async () => {
    const { send, sockets, newSocket } = setUp()
    const first = sockets.current as ReturnType<typeof newSocket>
    void send(script, [], ['1'])
    first.writable = false
    const second = newSocket()
    sockets.current = second
    void send(script, [], ['2'])
    await turn()
    expect([first.written, second.written]).to.deep.equal([[], ['evalsha abc 0 2;']])
  })
})
