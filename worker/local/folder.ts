import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Takes the data folder for this process alone: two embedded databases on the same files would ruin them.
 * A lock whose process is gone (kill -9) is taken over.
 */
export const takeFolder = async (folder: string) => {
  const lock = join(folder, 'platform.pid')
  try {
    await mkdir(folder, { recursive: true })
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
    // In a container the process before had this very id.
    if (holder && holder !== process.pid && isAlive(holder)) throw new Error(`process ${holder} is using it`)
    await writeFile(lock, String(process.pid))
  } catch (error) {
    throw new Error(`The data folder ${folder} cannot be used: ${(error as Error).message}`, { cause: error })
  }
  return { leave: () => rm(lock, { force: true }) }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
