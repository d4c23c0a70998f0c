export type Progress = ReturnType<typeof createProgress>

const seconds = (from: number) => `${((performance.now() - from) / 1000).toFixed(1)} s`

/**
 * Says what is being done and how long it took: a line for each step, and on a terminal a last line that tells what
 * is still under way.
 */
export const createProgress = (out: NodeJS.WriteStream = process.stdout) => {
  const underWay = new Map<string, number>()
  const wipe = () => void (out.isTTY && out.write('\r\u001b[2K'))
  const draw = () => {
    if (!out.isTTY || underWay.size === 0) return
    wipe()
    out.write(
      `  … ${[...underWay].map(([name, from]) => `${name} ${seconds(from)}`).join(' · ')}`.slice(0, out.columns),
    )
  }
  const print = (line: string) => {
    wipe()
    out.write(`${line}\n`)
    draw()
  }
  const timer = out.isTTY ? setInterval(draw, 200) : undefined

  return {
    print,
    step: async <Value>(name: string, work: () => Promise<Value>): Promise<Value> => {
      const from = performance.now()
      underWay.set(name, from)
      if (out.isTTY) draw()
      else print(`  … ${name}`)
      try {
        const value = await work()
        underWay.delete(name)
        print(`  ✓ ${name}  ${seconds(from)}`)
        return value
      } finally {
        underWay.delete(name)
      }
    },
    end: () => {
      clearInterval(timer)
      wipe()
    },
  }
}
