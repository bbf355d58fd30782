import { writeFileSync } from 'node:fs'
import { written } from './written.ts'

for (const { path, text } of written()) writeFileSync(path, text)
