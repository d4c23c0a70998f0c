import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, string, number, { N: number }, Buffer>(scrypt)

/** Far below what a production store needs: this one keeps development accounts and must be quick in tests. */
const cost = { N: 1024 }
const bytes = 32

export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16).toString('base64url')
  return `${salt}.${(await derive(password, salt, bytes, cost)).toString('base64url')}`
}

const nobody = await hashPassword(randomBytes(16).toString('base64url'))

/** Does the same work when there is no account, so that timing does not tell the two apart. */
export const passwordMatches = async (password: string, stored: string | undefined): Promise<boolean> => {
  const [salt = '', expected = ''] = (stored ?? nobody).split('.')
  const actual = await derive(password, salt, bytes, cost)
  return timingSafeEqual(actual, Buffer.from(expected, 'base64url')) && stored !== undefined
}

/** For secrets that are random already; one plain hash is enough to make a stolen file useless. */
export const hashToken = (token: string) => createHash('sha256').update(token).digest('base64url')
