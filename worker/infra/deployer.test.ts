import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

type Statement = { Effect: string; Action: string | string[]; Resource: string; Condition?: Record<string, object> }
type Role = {
  AssumeRolePolicyDocument: { Statement: Statement[] }
  Policies: { PolicyDocument: { Statement: Statement[] } }[]
}

const { Resources } = parse(readFileSync(join(import.meta.dirname, 'deployer.yaml'), 'utf8'), {
  customTags: ['Sub', 'GetAtt', 'Ref'].map((name) => ({ tag: `!${name}`, resolve: (text: string) => text })),
}) as { Resources: Record<string, { Type: string; Properties: Role }> }
const role = Object.values(Resources).find(({ Type }) => Type === 'AWS::IAM::Role')?.Properties

test('only the deploy environment of this one repository becomes the deployer', () => {
  expect(role?.AssumeRolePolicyDocument.Statement.map(({ Condition }) => Condition)).toEqual([
    {
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': 'repo:${Repository}:environment:production',
      },
    },
  ])
})

test('the deployer changes the stack and can delete neither it nor anybody’s account', () => {
  const statements = role?.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement) ?? []
  const actions = statements.flatMap(({ Action }) => Action)
  expect(actions.length).toBeGreaterThan(10)
  expect(actions.filter((action) => action.includes('*') || action.startsWith('iam:'))).toEqual([])
  expect(
    actions.filter((action) => /Delete(Stack|UserPool|Group)$|AdminDelete|AdminSet|AdminAdd/.test(action)),
  ).toEqual([])
  const anywhere = statements.filter(({ Resource }) => Resource === '*')
  expect(anywhere.flatMap(({ Action }) => Action)).toEqual(['cloudformation:GetTemplateSummary'])
})
