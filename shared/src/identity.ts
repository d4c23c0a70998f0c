import * as z from 'zod'
import { Running } from './board.ts'
import { ModelId } from './models.ts'
import { Rate } from './rates.ts'
import { Line, Micros, Text, Time } from './text.ts'

export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email()).meta({ id: 'Email' })
/** A password that is there already: any text may be tried. */
export const Password = Text.min(1).max(256)

/** Cognito's policy as worker/infra sets it. Checked before Cognito is asked, so that its answer tells nothing else. */
export const NewPassword = Text.min(8, 'must have at least 8 characters')
  .max(256)
  .regex(/[a-z]/, 'must have a lower-case letter')
  .regex(/[A-Z]/, 'must have an upper-case letter')
  .regex(/[0-9]/, 'must have a digit')
  .regex(/[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|\S +\S/, 'must have a symbol')

/** A one-time code. A string, so that leading zeros live. */
export const Code = z.string().regex(/^\d{6}$/, 'must be six digits')

export const SignUp = z.strictObject({
  email: Email,
  password: NewPassword,
  name: Line.max(80).optional(),
  invite: z.string().max(100).optional(),
})
export type SignUp = z.infer<typeof SignUp>
export const Confirm = z.strictObject({ email: Email, code: Code })
export const OnlyEmail = z.strictObject({ email: Email })
export const SignIn = z.strictObject({ email: Email, password: Password })
export const ChallengeAnswer = z.strictObject({ email: Email, session: z.string().min(1).max(4096), code: Code })
export const RefreshToken = z.strictObject({ refreshToken: z.string().min(1).max(8192) })
export const Reset = z.strictObject({ email: Email, code: Code, password: NewPassword })
export const PasswordChange = z.strictObject({ current: Password, next: NewPassword })
export const TotpCode = z.strictObject({ code: Code })
export const Goodbye = z.strictObject({ password: Password })

export const Tokens = z
  .object({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.int().meta({ description: 'seconds' }) })
  .meta({ id: 'Tokens' })
export type Tokens = z.infer<typeof Tokens>
export const Challenge = z.object({ challenge: z.literal('totp'), session: z.string() }).meta({ id: 'Challenge' })
export type Challenge = z.infer<typeof Challenge>

export const TotpState = z.object({ enabled: z.boolean() }).meta({ id: 'TotpState' })
export type TotpState = z.infer<typeof TotpState>
export const TotpSecret = z
  .object({ secret: z.string(), uri: z.string().meta({ description: 'otpauth://, to show as a QR code' }) })
  .meta({ id: 'TotpSecret' })
export type TotpSecret = z.infer<typeof TotpSecret>

export const InviteOptions = z.strictObject({
  maxUses: z.int().min(1).max(100).default(1),
  days: z.int().min(1).max(30).default(7),
})
export type InviteOptions = z.infer<typeof InviteOptions>
export const Invite = z
  .object({ id: z.string(), code: z.string(), url: z.string(), maxUses: z.int(), expiresAt: Time })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>
/** Its code is kept as a hash only, so it is not here. */
export const OpenInvite = z
  .object({
    id: z.string(),
    createdBy: z.string().nullable().meta({ description: 'the name or e-mail address of who made it, if still here' }),
    uses: z.int(),
    maxUses: z.int(),
    createdAt: Time,
    expiresAt: Time,
  })
  .meta({ id: 'OpenInvite' })
export type OpenInvite = z.infer<typeof OpenInvite>

export const Me = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    admin: z.boolean(),
    defaultModel: z.string().nullable(),
    instructions: z.string(),
    memory: z.boolean(),
    files: z.boolean().meta({ description: 'whether files can be kept here' }),
    knowledge: z.boolean().meta({ description: 'whether documents and memories can be kept here' }),
    nearlyFull: z.boolean().meta({
      description:
        'whether 80 % of what may be kept is, of mine or of everybody’s, as of the last day: see /me/storage',
    }),
    caps: z.object({ turnMicros: Micros, dayMicros: Micros, monthMicros: Micros }),
    rates: z.array(Rate).meta({ description: 'currencies besides the US dollar that money can be shown in' }),
    running: Running.meta({ description: 'what rests at the moment, for everybody here' }),
    createdAt: Time,
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const MePatch = z.strictObject({
  name: Line.max(80).nullable().optional(),
  defaultModel: ModelId.nullable().optional(),
  instructions: Text.max(8_000).optional(),
  memory: z.boolean().optional(),
})
export type MePatch = z.infer<typeof MePatch>
