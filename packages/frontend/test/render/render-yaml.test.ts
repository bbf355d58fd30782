import { expect } from 'chai'
import fc from 'fast-check'
import { CORE_SCHEMA, load, YAML11_SCHEMA } from 'js-yaml'
import { toYaml, toYamlEntry } from '../../src/render/render-yaml.ts'

const tricky = fc.constantFrom(
  ...[
    '',
    ' ',
    'a ',
    ' a',
    'yes',
    'No',
    'null',
    '~',
    'true',
    '1',
    '1.5',
    '1e3',
    '0x1f',
    '0o7',
    '1_000',
    '12:30:45',
    '-',
    '- a',
  ],
  ...[
    'a: b',
    'a:b',
    'a:',
    ':a',
    'a #b',
    '#a',
    '2026-11-21',
    '2026-11-21T01:48:26Z',
    '.5',
    '.inf',
    '.nan',
    '<<',
    '=',
    '@a',
    '`',
    '%a',
  ],
  ...[
    '[a]',
    '{a}',
    '*a',
    '&a',
    '!a',
    '|',
    '>',
    "'a'",
    '"a"',
    'a\nb',
    'a\tb',
    'é',
    '?',
    '? a',
    '...',
    '---',
    '10Mi',
    '156340n',
    '15.029s',
  ],
)
const texts = fc.oneof(tricky, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme-ascii' }))
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      texts.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
}))

describe('YAML', () => {
  it('is read back as what it was made of, by the rules of YAML 1.1 and of 1.2', () => {
    fc.assert(
      fc.property(values, (value) => {
        for (const schema of [YAML11_SCHEMA, CORE_SCHEMA]) {
          expect(load(toYaml(value), { schema }), toYaml(value)).to.deep.equal(value)
          expect(load(toYamlEntry(value) + toYamlEntry(value), { schema })).to.deep.equal([value, value])
        }
      }),
      { numRuns: 500 },
    )
  })

  it('has its keys sorted, sequences as deep as their key, and quotes only where they are needed', () => {
    const object = {
      b: [{ z: '10Mi', a: '1' }, []],
      a: { d: 'pods "p" not found', c: '2026-11-21T01:48:26Z' },
      c: {},
    }
    expect(toYaml(object)).to.equal(
      'a:\n  c: "2026-11-21T01:48:26Z"\n  d: pods "p" not found\nb:\n- a: "1"\n  z: 10Mi\n- []\nc: {}\n',
    )
  })
})
