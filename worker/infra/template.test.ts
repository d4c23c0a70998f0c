import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec'
import type { PropertyType, Resource, SpecDatabase, TypeDefinition } from '@aws-cdk/service-spec-types'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, type ScalarTag } from 'yaml'

type Fields = Record<string, unknown>
type Template = {
  Parameters: Record<string, { Default?: unknown; MaxValue?: number; MinValue?: number }>
  Resources: Record<string, { Type: string; DeletionPolicy?: string; UpdateReplacePolicy?: string; Properties: Fields }>
  Outputs: Record<string, { Value: unknown }>
}

/** CloudFormation's short forms, as the long ones that they stand for. */
const short = (name: string, long = `Fn::${name}`): ScalarTag => ({
  tag: `!${name}`,
  resolve: (text: string) => ({ [long]: name === 'GetAtt' ? text.split('.') : text }),
})
const template = parse(await readFile(join(import.meta.dirname, 'template.yaml'), 'utf8'), {
  customTags: [short('Ref', 'Ref'), short('Sub'), short('GetAtt')],
}) as Template
const { Resources, Parameters, Outputs } = template

const only = (type: string): Fields => {
  const found = Object.values(Resources).filter((resource) => resource.Type === type)
  expect(found).toHaveLength(1)
  return found[0]?.Properties ?? {}
}
const pool = only('AWS::Cognito::UserPool')
const client = only('AWS::Cognito::UserPoolClient')

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): value is Fields =>
  isObject(value) && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))

describe('by AWS’s own specification', () => {
  /** What is wrong with a value, by path. A Ref or function stands for a scalar of any kind. */
  const faults = (db: SpecDatabase, type: PropertyType, value: unknown, path: string): string[] => {
    if (isFunction(value)) return []
    switch (type.type) {
      case 'ref':
        return isObject(value)
          ? fieldFaults(db, db.get('typeDefinition', type.reference), value, path)
          : [`${path}: no object`]
      case 'array':
        if (!Array.isArray(value)) return [`${path}: no list`]
        return value.flatMap((item, at) => faults(db, type.element, item, `${path}[${at}]`))
      case 'map':
        return isObject(value) ? [] : [`${path}: no map`]
      case 'string': {
        const { allowedValues } = type as { allowedValues?: string[] }
        if (typeof value !== 'string') return [`${path}: no text`]
        return allowedValues && !allowedValues.includes(value) ? [`${path}: ${value} is not allowed`] : []
      }
      case 'integer':
      case 'number':
        return typeof value === 'number' ? [] : [`${path}: no number`]
      case 'boolean':
        return typeof value === 'boolean' ? [] : [`${path}: neither true nor false`]
      case 'union':
        return type.types.some((one) => faults(db, one, value, path).length === 0) ? [] : [`${path}: none of its types`]
      default:
        return []
    }
  }
  const fieldFaults = (db: SpecDatabase, { properties }: Resource | TypeDefinition, given: Fields, path: string) => [
    ...Object.entries(given).flatMap(([name, value]) => {
      const property = properties[name]
      return property ? faults(db, property.type, value, `${path}.${name}`) : [`${path}.${name}: no such property`]
    }),
    ...Object.entries(properties).flatMap(([name, { required }]) =>
      required && !(name in given) ? [`${path}.${name}: is missing`] : [],
    ),
  ]

  test('every resource, property and value is one that CloudFormation takes', async () => {
    const db = await loadAwsServiceSpec()
    const found = Object.entries(Resources).flatMap(([name, { Type, Properties }]) => {
      const [resource] = db.lookup('resource', 'cloudFormationType', 'equals', Type)
      return resource ? fieldFaults(db, resource, Properties, name) : [`${name}: ${Type} is no type`]
    })
    expect(found).toEqual([])
    const broken = fieldFaults(
      db,
      db.lookup('resource', 'cloudFormationType', 'equals', 'AWS::Cognito::UserPool').only(),
      { UserPoolTier: 'FREE', Tier: 1 },
      'x',
    )
    expect(broken).toEqual(['x.UserPoolTier: FREE is not allowed', 'x.Tier: no such property'])
  })

  test('every reference leads to a parameter, a resource or an attribute that it has', async () => {
    const db = await loadAwsServiceSpec()
    const referencesIn = (value: unknown): [string, unknown][] =>
      Array.isArray(value)
        ? value.flatMap(referencesIn)
        : isObject(value)
          ? Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
              key === 'Ref' || key.startsWith('Fn::') ? [[key, inner]] : referencesIn(inner),
            )
          : []
    const names = [...Object.keys(Parameters), ...Object.keys(Resources)]
    const references = referencesIn([Resources, Outputs])
    expect(references.length).toBeGreaterThan(10)
    for (const [kind, target] of references) {
      if (kind === 'Ref') expect(names).toContain(target)
      else if (kind === 'Fn::Sub')
        for (const [, name] of String(target).matchAll(/\$\{(\w+)\}/g)) expect(names).toContain(name)
      else {
        const [name = '', attribute = ''] = target as string[]
        const type = Resources[name]?.Type ?? ''
        expect(Object.keys(db.lookup('resource', 'cloudFormationType', 'equals', type).only().attributes)).toContain(
          attribute,
        )
      }
    }
  })
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
