import type { ReadStream, WriteStream } from 'node:tty'
import type { Stop } from '@metrics-ring/common/clock'

/** A whole screen to draw on, and single keys. */
export type Terminal = {
  size(): { rows: number; columns: number }
  /** Replaces what is on the screen, without flicker: no line is blank in between. */
  draw(lines: readonly string[]): void
  /** Gives the screen back as it was. Calling it again does nothing. */
  close: Stop
}

const enter = '\x1b[?1049h\x1b[?25l'
const leave = '\x1b[?25h\x1b[?1049l'
const [home, clearLine, clearBelow] = ['\x1b[H', '\x1b[K', '\x1b[J']

export function openTerminal(
  input: ReadStream,
  output: WriteStream,
  on: { key(key: string): void; resize(): void },
): Terminal {
  const onData = (data: Buffer) => {
    for (const key of data.toString()) on.key(key)
  }
  let open = true
  function close() {
    if (!open) return
    open = false
    process.off('exit', close)
    output.off('resize', on.resize)
    input.off('data', onData)
    input.setRawMode(false)
    input.pause()
    output.write(leave)
  }
  input.setRawMode(true)
  input.resume()
  input.on('data', onData)
  output.on('resize', on.resize)
  process.on('exit', close)
  output.write(enter)
  return {
    size: () => ({ rows: output.rows, columns: output.columns }),
    draw(lines) {
      if (open) output.write(home + lines.map((line) => line + clearLine).join('\r\n') + clearBelow)
    },
    close,
  }
}
