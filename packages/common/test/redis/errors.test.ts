import { storeError } from '@metrics-ring/common/redis/errors'
import { expect } from 'chai'

/** What servers say, by version, and our code for it. */
const said = {
  'WRONGPASS invalid username-password pair or user is disabled.': 'store_auth',
  'NOAUTH Authentication required.': 'store_auth',
  "NOPERM this user has no permissions to run the 'hset' command": 'store_forbidden',
  // In a script, by Redis 6.2 and 7.0, and by Redis 7.2, Valkey and later.
  "ERR The user executing the script can't run this command or subcommand script: 67ed": 'store_forbidden',
  "ERR ACL failure in script: User ring has no permissions to run the 'hset' command script: 67ed":
    'store_forbidden',
  "READONLY You can't write against a read only replica. script: 67ed, on @user_script:1.": 'store_read_only',
  "OOM command not allowed when used memory > 'maxmemory'.": 'store_full',
  'MISCONF Redis is configured to save RDB snapshots': 'store_refuses_writes',
  'CLUSTERDOWN The cluster is down': 'store_unavailable',
  'ERR unknown command': 'store_error',
  'connect ECONNREFUSED 127.0.0.1:6379': 'store_unavailable',
}

describe('an error of Redis', () => {
  for (const [text, code] of Object.entries(said)) {
    it(`is ${code} where it says "${text.slice(0, 40)}…"`, () => {
      expect(storeError(new Error(text), 'redis:6379').code).to.equal(code)
    })
  }
})
