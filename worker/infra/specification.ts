import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec'
import type { PropertyType, Resource, SpecDatabase, TypeDefinition } from '@aws-cdk/service-spec-types'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, type ScalarTag } from 'yaml'

export type Fields = Record<string, unknown>
type Parameter = {
  Type: string
  Default?: string | number
  AllowedPattern?: string
  MaxValue?: number
  MinValue?: number
}
export type Template = {
  Parameters: Record<string, Parameter>
  Resources: Record<string, { Type: string; DeletionPolicy?: string; UpdateReplacePolicy?: string; Properties: Fields }>
  Outputs: Record<string, { Value: unknown }>
}

/** CloudFormation's short forms, as the long ones that they stand for. */
const short = (name: string, long = `Fn::${name}`): ScalarTag => ({
  tag: `!${name}`,
  resolve: (text: string) => ({ [long]: name === 'GetAtt' ? text.split('.') : text }),
})
export const readTemplate = (file: string) =>
  parse(readFileSync(join(import.meta.dirname, file), 'utf8'), {
    customTags: [short('Ref', 'Ref'), short('Sub'), short('GetAtt')],
  }) as Template

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): value is Fields =>
  isObject(value) && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))

/** What is wrong with a value, by path. A Ref or function stands for a scalar of any kind. */
const valueFaults = (db: SpecDatabase, type: PropertyType, value: unknown, path: string): string[] => {
  if (isFunction(value)) return []
  switch (type.type) {
    case 'ref':
      return isObject(value)
        ? fieldFaults(db, db.get('typeDefinition', type.reference), value, path)
        : [`${path}: no object`]
    case 'array':
      if (!Array.isArray(value)) return [`${path}: no list`]
      return value.flatMap((item, at) => valueFaults(db, type.element, item, `${path}[${at}]`))
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
      return type.types.some((one) => valueFaults(db, one, value, path).length === 0)
        ? []
        : [`${path}: none of its types`]
    default:
      return []
  }
}
const fieldFaults = (db: SpecDatabase, { properties }: Resource | TypeDefinition, given: Fields, path: string) => [
  ...Object.entries(given).flatMap(([name, value]) => {
    const property = properties[name]
    return property ? valueFaults(db, property.type, value, `${path}.${name}`) : [`${path}.${name}: no such property`]
  }),
  ...Object.entries(properties).flatMap(([name, { required }]) =>
    required && !(name in given) ? [`${path}.${name}: is missing`] : [],
  ),
]

const referencesIn = (value: unknown): [kind: string, target: unknown][] =>
  Array.isArray(value)
    ? value.flatMap(referencesIn)
    : isObject(value)
      ? Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
          key === 'Ref' || key.startsWith('Fn::') ? [[key, inner]] : referencesIn(inner),
        )
      : []

/** What a reference leads to, as `Name` or `Name.Attribute`. */
const targetsOf = ([kind, target]: [string, unknown]): string[] =>
  kind === 'Ref'
    ? [String(target)]
    : kind === 'Fn::Sub'
      ? Array.from(String(target).matchAll(/\$\{([\w.:]+)\}/g), ([, name = '']) => name)
      : [(target as string[]).join('.')]

const pseudo = ['AWS::AccountId', 'AWS::Partition', 'AWS::Region', 'AWS::StackName', 'AWS::NoValue', 'AWS::URLSuffix']

const referenceFaults = (db: SpecDatabase, { Parameters, Resources, Outputs }: Template): string[] => {
  const targets = referencesIn([Resources, Outputs]).flatMap(targetsOf)
  const names = [...Object.keys(Parameters), ...Object.keys(Resources), ...pseudo]
  const isThere = (target: string) => {
    const [name = '', attribute] = target.split('.')
    if (attribute === undefined) return names.includes(name)
    const [type] = db.lookup('resource', 'cloudFormationType', 'equals', Resources[name]?.Type ?? '')
    return type !== undefined && attribute in type.attributes
  }
  return [
    ...targets.filter((target) => !isThere(target)).map((target) => `${target}: leads nowhere`),
    ...Object.keys(Parameters)
      .filter((name) => !targets.includes(name))
      .map((name) => `${name}: nothing uses it`),
  ]
}

const defaultFaults = ({ Parameters }: Template): string[] =>
  Object.entries(Parameters).flatMap(([name, { Type, Default, AllowedPattern, MinValue, MaxValue }]) => {
    if (!['String', 'Number'].includes(Type)) return [`${name}: no type of a parameter`]
    if (Default === undefined) return []
    const fits =
      Type === 'Number'
        ? Number(Default) >= (MinValue ?? -Infinity) && Number(Default) <= (MaxValue ?? Infinity)
        : new RegExp(`^(?:${AllowedPattern ?? '[^]*'})$`).test(String(Default))
    return fits ? [] : [`${name}: its default is not allowed`]
  })

const sections = ['AWSTemplateFormatVersion', 'Description', 'Parameters', 'Resources', 'Outputs']
const parts = ['Type', 'Properties', 'DeletionPolicy', 'UpdateReplacePolicy']
const policies = ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot', undefined]

/** What CloudFormation would not take of a template, by AWS's published specification of every resource. */
export const faultsOf = async (template: Template): Promise<string[]> => {
  const db = await loadAwsServiceSpec()
  const resources = Object.entries(template.Resources).flatMap(([name, resource]) => {
    const [type] = db.lookup('resource', 'cloudFormationType', 'equals', resource.Type)
    if (!type) return [`${name}: ${resource.Type} is no type`]
    return [
      ...fieldFaults(db, type, resource.Properties, name),
      ...Object.keys(resource)
        .filter((part) => !parts.includes(part))
        .map((part) => `${name}.${part}: no part of a resource`),
      ...(policies.includes(resource.DeletionPolicy) && policies.includes(resource.UpdateReplacePolicy)
        ? []
        : [`${name}: no such policy`]),
    ]
  })
  const unknown = Object.keys(template).filter((section) => !sections.includes(section))
  return [
    ...unknown.map((section) => `${section}: no section`),
    ...resources,
    ...referenceFaults(db, template),
    ...defaultFaults(template),
  ]
}
