import type { JsonSchema } from '../message.ts'

/** What goes where a schema leaves room. */
export type Filling = { text: (property: string) => string; texts: string[]; number: number }

const typeOf = ({ type, properties, items }: JsonSchema) =>
  [type ?? (properties ? 'object' : items ? 'array' : 'string')].flat().find((name) => name !== 'null')

/** A value that fits the schema, made of the filling. */
export const fill = (schema: JsonSchema, filling: Filling, property = ''): unknown => {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) {
    const said = filling.text(property).toLowerCase()
    return schema.enum.find((value) => said.includes(String(value).toLowerCase())) ?? schema.enum[0]
  }
  const option = schema.anyOf?.find(({ type }) => type !== 'null')
  if (option) return fill(option, filling, property)
  switch (typeOf(schema)) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, fill(inner, filling, name)]),
      )
    case 'array':
      return filling.texts.map((text) => fill(schema.items ?? {}, { ...filling, text: () => text }, property))
    case 'number':
    case 'integer':
      return filling.number
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return filling.text(property)
  }
}
