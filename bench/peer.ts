/** What `Peer.ask` asks over IPC is answered by `handle`; `close` runs when whoever started us has gone. */
export function answerRequests<Q>(
  handle: (request: Q) => Promise<unknown>,
  close: () => Promise<void>,
): void {
  process.on('message', ({ id, request }: { id: number; request: Q }) => {
    handle(request).then(
      (result) => process.send?.({ id, result: result ?? null }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    )
  })
  let closing = false
  const end = () => {
    if (closing) return
    closing = true
    void close().finally(() => process.exit())
  }
  process.on('disconnect', end)
  process.on('SIGTERM', end)
}
