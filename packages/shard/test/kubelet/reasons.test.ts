import { expect } from 'chai'
import { describe as describeError, errorReason, failure, statusReason } from '../../src/kubelet/reasons.ts'
import { secondTryAfterMs } from '../../src/kubelet/second-try.ts'

const coded = (code: string) => Object.assign(new Error(code), { code })

describe('the reason of a failure', () => {
  it('is told from the HTTP status', () => {
    const statuses = [401, 403, 404, 301, 307, 418, 429, 500, 503, 204]
    expect(statuses.map(statusReason)).to.deep.equal([
      'unauthorized',
      'forbidden',
      'not_found',
      'redirect',
      'redirect',
      'status_4xx',
      'status_4xx',
      'status_5xx',
      'status_5xx',
      'status_other',
    ])
  })

  it('is told from the code of an error', () => {
    expect(errorReason(coded('EHOSTUNREACH'))).to.equal('unreachable')
    expect(errorReason(coded('CERT_NOT_YET_VALID'))).to.equal('tls_expired')
    expect(errorReason(coded('CERT_REVOKED'))).to.equal('tls_other')
    const notHttp = Object.assign(new Error('x'), { name: 'HTTPParserError' })
    expect(errorReason(notHttp)).to.equal('bad_response')
    expect(errorReason(coded('toString'))).to.equal('other')
    expect(errorReason(new Error('x'))).to.equal('other')
    expect(errorReason('x')).to.equal('other')
  })

  it('comes with the flag or action that helps', () => {
    expect(failure('tls_unknown_ca', 'a').detail).to.include('--kubelet-certificate-authority')
    expect(failure('tls_name_mismatch', 'a').detail).to.include('--kubelet-tls-server-name=node')
    expect(failure('forbidden', 'a').detail).to.include('nodes/metrics')
    expect(failure('other', 'x'.repeat(5000)).detail).to.have.length(1000)
  })

  it('is one line, without the call stack of OpenSSL', () => {
    const stack =
      '00EF12ABCD7F0000:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:../deps/x.c:1:\n'
    expect(describeError(new Error(stack))).to.equal('tlsv1 alert internal error')
    expect(describeError(new AggregateError([coded('ECONNREFUSED'), coded('E')]))).to.equal('ECONNREFUSED')
  })
})

describe('a second try in the interval', () => {
  const after = (reason: Parameters<typeof secondTryAfterMs>[0]['reason'], tookMs: number, reused = false) =>
    secondTryAfterMs({ reason, tookMs, reused }, 10_000, 500)

  it('is made at once where a kept connection turned out to be closed', () => {
    expect(after('reset', 5, true)).to.equal(0)
  })

  it('waits a little where the kubelet itself failed', () => {
    for (const reason of ['reset', 'refused', 'status_5xx', 'truncated', 'dns'] as const)
      expect(after(reason, 4_999)).to.equal(500)
  })

  it('is not made when half the time is gone, or when asking again cannot help', () => {
    expect(after('reset', 5_000, true)).to.equal(undefined)
    for (const reason of [
      'timeout',
      'tls_unknown_ca',
      'forbidden',
      'too_large',
      'redirect',
      'aborted',
    ] as const)
      expect(after(reason, 1)).to.equal(undefined)
  })
})
