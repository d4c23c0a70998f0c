import type * as z from 'zod'
import { Imported } from './archive.ts'
import { Board, SpendingQuery, SpendingReport } from './board.ts'
import {
  ConversationPage,
  ConversationPatch,
  ConversationQuery,
  Conversation,
  MessagesPage,
  MessagesQuery,
  OpenConversation,
} from './conversations.ts'
import {
  Challenge,
  ChallengeAnswer,
  Confirm,
  Goodbye,
  Invite,
  InviteOptions,
  Me,
  MePatch,
  OnlyEmail,
  PasswordChange,
  RefreshToken,
  Reset,
  SignIn,
  SignUp,
  Tokens,
  TotpCode,
  TotpSecret,
  TotpState,
} from './identity.ts'
import { ModelList } from './models.ts'
import { page, PageQuery } from './page.ts'
import type { ProblemCode } from './problem.ts'
import { SearchPage, SearchQuery } from './search.ts'
import { Share, SharedConversation, ShareList, ShareOptions } from './sharing.ts'
import { AdminUser, Instance, InstancePatch, UsageReport, UserPatch } from './spending.ts'
import { StorageReport } from './storage.ts'
import { Health, Ready } from './system.ts'
import { NewTurn } from './turns.ts'

/** One route of the API. Paths are written as OpenAPI writes them. */
export type Endpoint = {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  summary: string
  /** Who may call it. */
  who: 'anybody' | 'signed in' | 'admin'
  query?: z.ZodObject
  body?: z.ZodType
  /** A body that is read as it comes, as one of these media types. */
  upload?: string[]
  /** The good answer: its status, and its JSON, or that it is a stream of events or a page, or nothing. */
  status: 200 | 201 | 202 | 204
  answer?: z.ZodType | 'events' | 'page' | 'lines' | 'csv'
  /** What can go wrong besides what can on every route. */
  problems?: ProblemCode[]
}

/** Every route there is. The Worker's routes are tested to be exactly these; OpenAPI and the fuzz tests come from here. */
export const contract: readonly Endpoint[] = [
  { method: 'get', path: '/health', summary: 'Is the Worker up?', who: 'anybody', status: 200, answer: Health },
  {
    method: 'get',
    path: '/health/ready',
    summary: 'Do the database, cache, identity and model answer? Also with the HEALTH_KEY as bearer token.',
    who: 'admin',
    status: 200,
    answer: Ready,
  },
  { method: 'get', path: '/openapi.json', summary: 'This description.', who: 'anybody', status: 200 },
  { method: 'get', path: '/docs', summary: 'This description, to read.', who: 'anybody', status: 200, answer: 'page' },

  { method: 'post', path: '/auth/sign-up', summary: 'Ask for an account.', who: 'anybody', body: SignUp, status: 202 },
  {
    method: 'post',
    path: '/auth/confirm',
    summary: 'Confirm the e-mail address.',
    who: 'anybody',
    body: Confirm,
    status: 204,
  },
  {
    method: 'post',
    path: '/auth/resend',
    summary: 'Send the code again.',
    who: 'anybody',
    body: OnlyEmail,
    status: 202,
  },
  {
    method: 'post',
    path: '/auth/sign-in',
    summary: 'Sign in: tokens, or a challenge for a second factor.',
    who: 'anybody',
    body: SignIn,
    status: 200,
    answer: Tokens.or(Challenge),
  },
  {
    method: 'post',
    path: '/auth/challenge',
    summary: 'Answer the challenge.',
    who: 'anybody',
    body: ChallengeAnswer,
    status: 200,
    answer: Tokens,
  },
  {
    method: 'post',
    path: '/auth/refresh',
    summary: 'New tokens; the refresh token is replaced.',
    who: 'anybody',
    body: RefreshToken,
    status: 200,
    answer: Tokens,
  },
  { method: 'post', path: '/auth/sign-out', summary: 'Sign out.', who: 'anybody', body: RefreshToken, status: 204 },
  {
    method: 'post',
    path: '/auth/forgot',
    summary: 'Ask for a code to set a new password.',
    who: 'anybody',
    body: OnlyEmail,
    status: 202,
  },
  {
    method: 'post',
    path: '/auth/reset',
    summary: 'Set a new password with the code.',
    who: 'anybody',
    body: Reset,
    status: 204,
  },

  {
    method: 'post',
    path: '/auth/password',
    summary: 'Change my password.',
    who: 'signed in',
    body: PasswordChange,
    status: 204,
  },
  {
    method: 'get',
    path: '/auth/totp',
    summary: 'Does my sign-in ask for a code of an authenticator app?',
    who: 'signed in',
    status: 200,
    answer: TotpState,
  },
  {
    method: 'post',
    path: '/auth/totp',
    summary: 'A secret for an authenticator app. It is asked for after /auth/totp/verify.',
    who: 'signed in',
    status: 200,
    answer: TotpSecret,
  },
  {
    method: 'post',
    path: '/auth/totp/verify',
    summary: 'Show a code of the app; from now on signing in asks for one.',
    who: 'signed in',
    body: TotpCode,
    status: 204,
  },
  { method: 'delete', path: '/auth/totp', summary: 'Stop asking for codes.', who: 'signed in', status: 204 },
  {
    method: 'post',
    path: '/auth/sign-out-everywhere',
    summary: 'End every session and put out every token, at once.',
    who: 'signed in',
    status: 204,
  },

  { method: 'get', path: '/me', summary: 'Who I am.', who: 'signed in', status: 200, answer: Me },
  { method: 'patch', path: '/me', summary: 'Change it.', who: 'signed in', body: MePatch, status: 200, answer: Me },
  {
    method: 'get',
    path: '/me/storage',
    summary: 'What I keep here, counted and in bytes.',
    who: 'signed in',
    status: 200,
    answer: StorageReport,
  },
  {
    method: 'get',
    path: '/me/export',
    summary: 'Everything that is mine, as NDJSON. A last line of type `end` says that nothing is missing.',
    who: 'signed in',
    status: 200,
    answer: 'lines',
  },
  {
    method: 'post',
    path: '/me/import',
    summary:
      'Take in such an export, or ChatGPT’s conversations.json, 32 MB at most. The same again adds nothing twice.',
    who: 'signed in',
    upload: ['application/json', 'application/x-ndjson'],
    status: 200,
    answer: Imported,
    problems: ['bad_request', 'too_large', 'unsupported_type', 'invalid'],
  },
  {
    method: 'delete',
    path: '/me',
    summary: 'Erase my account and everything in it, for good.',
    who: 'signed in',
    body: Goodbye,
    status: 204,
  },

  {
    method: 'get',
    path: '/conversations',
    summary: 'My conversations, pinned first, then newest.',
    who: 'signed in',
    query: ConversationQuery,
    status: 200,
    answer: ConversationPage,
  },
  {
    method: 'get',
    path: '/conversations/{id}',
    summary: 'A conversation and the newest 50 messages of its active path, oldest first.',
    who: 'signed in',
    status: 200,
    answer: OpenConversation,
  },
  {
    method: 'get',
    path: '/conversations/{id}/messages',
    summary: 'Older messages of the path.',
    who: 'signed in',
    query: MessagesQuery,
    status: 200,
    answer: MessagesPage,
  },
  {
    method: 'patch',
    path: '/conversations/{id}',
    summary: 'Rename, pin, archive, instruct, or switch to the branch of a message.',
    who: 'signed in',
    body: ConversationPatch,
    status: 200,
    answer: Conversation,
  },
  {
    method: 'delete',
    path: '/conversations/{id}',
    summary: 'Delete; it can be restored for 30 days.',
    who: 'signed in',
    status: 204,
  },
  {
    method: 'post',
    path: '/conversations/{id}/restore',
    summary: 'Bring back a deleted conversation.',
    who: 'signed in',
    status: 200,
    answer: Conversation,
  },

  {
    method: 'post',
    path: '/conversations/{id}/share',
    summary:
      'Make a link to a copy of the conversation as it is now, up to a message. Later turns and files are not in it.',
    who: 'signed in',
    body: ShareOptions,
    status: 201,
    answer: Share,
    problems: ['conflict', 'too_large'],
  },
  {
    method: 'get',
    path: '/conversations/{id}/share',
    summary: 'Is it shared?',
    who: 'signed in',
    status: 200,
    answer: ShareList,
  },
  {
    method: 'delete',
    path: '/conversations/{id}/share',
    summary: 'End all of its links, at once.',
    who: 'signed in',
    status: 204,
  },
  {
    method: 'get',
    path: '/shared/{token}',
    summary: 'What a link shows.',
    who: 'anybody',
    status: 200,
    answer: SharedConversation,
  },

  {
    method: 'post',
    path: '/turns',
    summary: 'Say something, and read the answer as it is written. The same turnId attaches to the same answer.',
    who: 'signed in',
    body: NewTurn,
    status: 200,
    answer: 'events',
    problems: ['budget_exhausted', 'conflict'],
  },
  {
    method: 'get',
    path: '/turns/{turnId}/events',
    summary: 'The events of a turn after Last-Event-ID, live or finished. ?conversationId= saves a database look-up.',
    who: 'signed in',
    status: 200,
    answer: 'events',
  },
  {
    method: 'post',
    path: '/turns/{turnId}/stop',
    summary: 'Stop an answer and keep what was written.',
    who: 'signed in',
    status: 204,
  },

  {
    method: 'get',
    path: '/search',
    summary: 'Find words in my messages and titles, newest first. Messages of every branch are found.',
    who: 'signed in',
    query: SearchQuery,
    status: 200,
    answer: SearchPage,
  },

  {
    method: 'get',
    path: '/usage',
    summary: 'What I spent, what is reserved, and my caps.',
    who: 'signed in',
    status: 200,
    answer: UsageReport,
  },
  { method: 'get', path: '/models', summary: 'Models and prices.', who: 'signed in', status: 200, answer: ModelList },

  {
    method: 'get',
    path: '/admin/limits',
    summary: 'How far every free tier is used, where it is going, and what to do next.',
    who: 'admin',
    status: 200,
    answer: Board,
  },
  {
    method: 'get',
    path: '/admin/spending',
    summary: 'What everybody spent on models, by day, person, model and purpose.',
    who: 'admin',
    query: SpendingQuery,
    status: 200,
    answer: SpendingReport,
  },
  {
    method: 'get',
    path: '/admin/spending.csv',
    summary: 'The same for a spreadsheet.',
    who: 'admin',
    query: SpendingQuery,
    status: 200,
    answer: 'csv',
  },
  {
    method: 'get',
    path: '/admin/users',
    summary: 'Everybody, with caps and spending.',
    who: 'admin',
    query: PageQuery,
    status: 200,
    answer: page(AdminUser),
  },
  {
    method: 'patch',
    path: '/admin/users/{id}',
    summary: 'Set somebody’s caps, or disable them.',
    who: 'admin',
    body: UserPatch,
    status: 200,
    answer: AdminUser,
  },
  {
    method: 'post',
    path: '/admin/invites',
    summary: 'An invitation to join; its code is shown this once.',
    who: 'admin',
    body: InviteOptions,
    status: 201,
    answer: Invite,
  },
  {
    method: 'get',
    path: '/admin/instance',
    summary: 'The cap of the whole instance, what was spent of it, and whether it is paused.',
    who: 'admin',
    status: 200,
    answer: Instance,
  },
  {
    method: 'patch',
    path: '/admin/instance',
    summary: 'Set the cap of the whole instance, or pause it.',
    who: 'admin',
    body: InstancePatch,
    status: 200,
    answer: Instance,
  },
]
