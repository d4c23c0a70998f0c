import { describe, expect, test } from 'vitest'
import { faultsOf, readTemplate, type Fields } from './specification.ts'

const template = readTemplate('template.yaml')
const { Resources, Parameters, Outputs } = template

const only = (type: string): Fields => {
  const found = Object.values(Resources).filter((resource) => resource.Type === type)
  expect(found).toHaveLength(1)
  return found[0]?.Properties ?? {}
}
const pool = only('AWS::Cognito::UserPool')
const client = only('AWS::Cognito::UserPoolClient')

test.each(['template.yaml', 'deployer.yaml'])('CloudFormation takes all of %s', async (file) => {
  expect(await faultsOf(readTemplate(file))).toEqual([])
})

test('what CloudFormation would not take is found', async () => {
  const wrong = readTemplate('template.yaml')
  Object.assign(wrong, { Rules: {} })
  Object.assign(wrong.Parameters, {
    Unused: { Type: 'String' },
    AccessTokenMinutes: { Type: 'Number', Default: 1, MinValue: 5 },
  })
  Object.assign(wrong.Resources, { Topic: { Type: 'AWS::SNS::Topik', Properties: {} } })
  Object.assign(wrong.Resources['UserPool']?.Properties ?? {}, {
    UserPoolTier: 'FREE',
    Tier: 1,
    UserPoolName: { Ref: 'Nobody' },
  })
  Object.assign(wrong.Resources['UserPool'] ?? {}, { DeletionPolicy: 'Keep' })
  Object.assign(wrong.Outputs, { Wrong: { Value: { 'Fn::GetAtt': ['UserPool', 'Colour'] } } })
  expect((await faultsOf(wrong)).sort()).toEqual([
    'AccessTokenMinutes: its default is not allowed',
    'Nobody: leads nowhere',
    'Rules: no section',
    'Topic: AWS::SNS::Topik is no type',
    'Unused: nothing uses it',
    'UserPool.Colour: leads nowhere',
    'UserPool.Tier: no such property',
    'UserPool.UserPoolTier: FREE is not allowed',
    'UserPool: no such policy',
  ])
})

describe('what is promised', () => {
  test('the pool is kept, and guarded against being deleted', () => {
    expect(pool['DeletionProtection']).toBe('ACTIVE')
    expect(Resources['UserPool']).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
  })

  test('nothing ever sends an SMS or costs by itself', () => {
    expect(pool['UserPoolTier']).toBe('ESSENTIALS')
    expect(pool['EnabledMfas']).toEqual(['SOFTWARE_TOKEN_MFA'])
    expect(pool['MfaConfiguration']).toBe('OPTIONAL')
    expect(JSON.stringify([pool, client])).not.toMatch(/Sms|SMS|phone|Lambda|AddOns/)
    expect(pool['AccountRecoverySetting']).toEqual({ RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] })
    expect(pool['EmailConfiguration']).toEqual({ EmailSendingAccount: 'COGNITO_DEFAULT' })
  })

  test('tokens are short, rotated and revocable, and the client tells nobody who has an account', () => {
    expect(client).toMatchObject({
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
      AccessTokenValidity: { Ref: 'AccessTokenMinutes' },
      TokenValidityUnits: { AccessToken: 'minutes', RefreshToken: 'days' },
    })
    expect(Parameters['AccessTokenMinutes']).toMatchObject({ Default: 10, MinValue: 5, MaxValue: 60 })
  })

  test('passwords follow the policy that the Worker checks', () => {
    expect(pool['Policies']).toMatchObject({
      PasswordPolicy: {
        MinimumLength: 8,
        RequireLowercase: true,
        RequireUppercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
      },
    })
  })

  test('there are the groups that the Worker knows, and nobody in them', () => {
    const groups = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Cognito::UserPoolGroup')
    expect(groups.map(({ Properties }) => Properties['GroupName'])).toEqual(['admin', 'member'])
    expect(Object.values(Resources).map(({ Type }) => Type)).not.toContain(
      'AWS::Cognito::UserPoolUserToGroupAttachment',
    )
  })

  test('the budget warns by e-mail in dollars at half, four fifths and all of it, and when it will come to that', () => {
    const budget = only('AWS::Budgets::Budget')
    expect(budget['Budget']).toMatchObject({
      BudgetType: 'COST',
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: { Ref: 'MonthlyBudgetUsd' }, Unit: 'USD' },
    })
    const warnings = budget['NotificationsWithSubscribers'] as { Notification: Fields; Subscribers: unknown }[]
    expect(warnings.map(({ Notification }) => [Notification['NotificationType'], Notification['Threshold']])).toEqual([
      ['ACTUAL', 50],
      ['ACTUAL', 80],
      ['ACTUAL', 100],
      ['FORECASTED', 80],
    ])
    for (const { Notification, Subscribers } of warnings) {
      expect(Notification).toMatchObject({ ComparisonOperator: 'GREATER_THAN', ThresholdType: 'PERCENTAGE' })
      expect(Subscribers).toEqual([{ SubscriptionType: 'EMAIL', Address: { Ref: 'AlertEmail' } }])
    }
  })

  test('only the address of the warnings must be given, and the outputs are the Worker’s settings', () => {
    const open = Object.entries(Parameters).filter(([, { Default }]) => Default === undefined)
    expect(open.map(([name]) => name)).toEqual(['AlertEmail'])
    expect(Object.keys(Outputs)).toEqual(['CognitoIssuer', 'CognitoClientId', 'UserPoolId'])
  })
})
