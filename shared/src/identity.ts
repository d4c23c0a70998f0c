import * as z from 'zod'
import { Line, Micros, Text, Time } from './text.ts'

export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email()).meta({ id: 'Email' })
/** Cognito's own policy decides what is strong enough; these are only its outer bounds. */
export const Password = Text.min(1).max(256)
/** A one-time code. A string, so that leading zeros live. */
export const Code = z.string().regex(/^\d{6}$/, 'must be six digits')

export const SignUp = z.strictObject({
  email: Email,
  password: Password,
  name: Line.max(80).optional(),
  invite: z.string().max(100).optional(),
})
export type SignUp = z.infer<typeof SignUp>
export const Confirm = z.strictObject({ email: Email, code: Code })
export const OnlyEmail = z.strictObject({ email: Email })
export const SignIn = z.strictObject({ email: Email, password: Password })
export const ChallengeAnswer = z.strictObject({ email: Email, session: z.string().min(1).max(4096), code: Code })
export const RefreshToken = z.strictObject({ refreshToken: z.string().min(1).max(8192) })
export const Reset = z.strictObject({ email: Email, code: Code, password: Password })

export const Tokens = z
  .object({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.int().meta({ description: 'seconds' }) })
  .meta({ id: 'Tokens' })
export type Tokens = z.infer<typeof Tokens>
export const Challenge = z.object({ challenge: z.literal('totp'), session: z.string() }).meta({ id: 'Challenge' })
export type Challenge = z.infer<typeof Challenge>

export const Me = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    admin: z.boolean(),
    defaultModel: z.string().nullable(),
    instructions: z.string(),
    memory: z.boolean(),
    caps: z.object({ turnMicros: Micros, dayMicros: Micros, monthMicros: Micros }),
    createdAt: Time,
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const MePatch = z.strictObject({
  name: Line.max(80).nullable().optional(),
  defaultModel: z.string().max(100).nullable().optional(),
  instructions: Text.max(8_000).optional(),
  memory: z.boolean().optional(),
})
export type MePatch = z.infer<typeof MePatch>
