import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { Writable } from 'node:stream'

/** Becomes the command, beside a watcher that kills it if our end of the pipe is closed without a word. */
const launcher = '(read word <&3 || kill -9 $$) & exec 3<&- "$@"'

/**
 * Spawns a process that does not outlive this one, however this one ends (SIGKILL too). A command that is not there is
 * exit code 127. `stdio`: the first three, as of spawn.
 */
export function spawnWithUs(
  command: string,
  args: readonly string[],
  { stdio, env }: { stdio: ('ignore' | 'pipe' | 'inherit')[]; env: SpawnOptions['env'] },
): ChildProcess {
  const child = spawn('sh', ['-c', launcher, 'sh', command, ...args], { stdio: [...stdio, 'pipe'], env })
  const pipe = child.stdio[3]
  if (pipe instanceof Writable) {
    pipe.on('error', () => {})
    child.once('exit', () => pipe.end('ended\n'))
  }
  return child
}
