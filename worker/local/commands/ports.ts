import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { holderOf } from './holder.ts'
import type { Given } from './names.ts'
import { Trouble } from './trouble.ts'

export type Ports = { api: number; site: number; platform: number }

const variables = { api: 'API_PORT', site: 'SITE_PORT', platform: 'PLATFORM_PORT' } as const

export const readPorts = (given: Given): Ports => {
  const ports: Ports = {
    api: port('API_PORT', given.API_PORT, 8787),
    site: port('SITE_PORT', given.SITE_PORT, 5173),
    platform: port('PLATFORM_PORT', given.PLATFORM_PORT, 8799),
  }
  if (new Set(Object.values(ports)).size < 3)
    throw new Trouble('API_PORT, SITE_PORT and PLATFORM_PORT must be three different ports.')
  return ports
}

const port = (name: string, text: string | undefined, usual: number) => {
  const value = Number(text ?? usual)
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value
  throw new Trouble(`${name} is "${text}"; it must be a port number from 1 to 65535.`)
}

/** Throws a line about the first port that somebody holds. */
export const claimPorts = async (ports: Partial<Ports>): Promise<void> => {
  for (const [use, number] of Object.entries(ports) as [keyof Ports, number][]) {
    const free = await isFree(number)
    if (free === true) continue
    const holder = holderOf(number)
    throw new Trouble(
      free === 'forbidden'
        ? `Port ${number} may not be opened by you. Take another: ${variables[use]}=${number + 10_000} pnpm dev`
        : `Port ${number} is busy${holder ? `: ${holder.command} (process ${holder.pid}) holds it` : ''}. ` +
            `End that program, or take another port: ${variables[use]}=${number + 1} pnpm dev`,
    )
  }
}

const isFree = async (number: number): Promise<boolean | 'forbidden'> => {
  // Where a program holds all addresses, some systems still let another bind one of them: so ask it as well.
  const socket = connect(number, '127.0.0.1')
  const answered = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  if (answered) return false
  const server = createServer().listen(number, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'forbidden' : false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** A port nobody holds just now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: number } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return number
}
