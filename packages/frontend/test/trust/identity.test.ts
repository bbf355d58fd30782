import { expect } from 'chai'
import { defaultIdentityHeaders, headerPairs, remoteUser } from '../../src/trust/identity.ts'

const headers = { ...defaultIdentityHeaders, uid: ['X-Remote-Uid'] }
const userOf = (...raw: string[]) => remoteUser(headerPairs(raw), headers)
/** Text as Node hands over its UTF-8 bytes. */
const wire = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

describe('the user that headers name', () => {
  it('has every value of every group header, commas and order kept', () => {
    const user = userOf('x-remote-user', 'ann', 'X-Remote-Group', 'cn=a,ou=b', 'x-remote-group', 'c, d')
    expect(user).to.deep.include({ name: 'ann', groups: ['cn=a,ou=b', 'c, d'] })
    const blank = userOf('x-remote-user', 'ann', 'x-remote-group', '', 'x-remote-group', 'a')
    expect(blank).to.deep.include({ groups: ['a'] })
  })

  it('keeps names in UTF-8', () => {
    const user = userOf('X-Remote-User', wire('Zoë'), 'X-Remote-Group', wire('管理员'))
    expect(user).to.deep.include({ name: 'Zoë', groups: ['管理员'] })
  })

  it('is the first value that is not empty, header by header as configured', () => {
    const two = { ...headers, username: ['X-First', 'X-Remote-User'] }
    const pairs = headerPairs(['X-Remote-User', 'ann', 'X-Remote-User', 'bob', 'X-First', ''])
    expect(remoteUser(pairs, two)?.name).to.equal('ann')
    expect(userOf('X-Remote-User', '')).to.equal(undefined)
    expect(userOf('X-Remote-Group', 'system:masters')).to.equal(undefined)
  })

  it('has extra with keys lower-cased, then unescaped, and all their values', () => {
    const user = userOf(
      ...[
        'X-Remote-User',
        'ann',
        'X-Remote-Uid',
        '42',
        'X-Remote-Extra-Scopes',
        'a',
        'x-remote-extra-scopes',
        'b',
      ],
      ...[
        'X-Remote-Extra-Example.org%2FPath',
        'c',
        'X-Remote-Extra-100%',
        'd',
        'X-Remote-Extra-__proto__',
        'e',
      ],
    )
    expect(user?.uid).to.equal('42')
    expect(Object.entries(user?.extra ?? {})).to.deep.equal([
      ['scopes', ['a', 'b']],
      ['example.org/path', ['c']],
      ['100%', ['d']],
      ['__proto__', ['e']],
    ])
  })

  it('takes no uid where none is configured, as an old aggregator lets a client send one', () => {
    const pairs = headerPairs(['X-Remote-User', 'ann', 'X-Remote-Uid', '42'])
    expect(remoteUser(pairs, defaultIdentityHeaders)).to.not.have.property('uid')
  })
})
