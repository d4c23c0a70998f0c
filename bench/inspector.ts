type Reply<Result> = { id?: number; result?: Result }
type Target = { id: string; webSocketDebuggerUrl: string }

export type Inspector = Awaited<ReturnType<typeof connect>>

const connect = async ({ webSocketDebuggerUrl }: Target) => {
  const socket = new WebSocket(webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('The inspector does not answer')))
  })
  let last = 0
  const waiting = new Map<number, (reply: Reply<unknown>) => void>()
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply<unknown>
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
  })
  return {
    ask: <Result>(method: string, params: object = {}) =>
      new Promise<Result | undefined>((resolve) => {
        waiting.set(++last, ({ result }) => resolve(result as Result | undefined))
        socket.send(JSON.stringify({ id: last, method, params }))
      }),
    close: () => socket.close(),
  }
}

/** V8's own inspector of the Worker's isolate and of its Durable Objects'. */
export const inspect = async (inspectorPort: number) => {
  const list = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
  const targets = (await list.json()) as Target[]
  const open = (name: string) => {
    const target = targets.find(({ id, webSocketDebuggerUrl }) => `${id} ${webSocketDebuggerUrl}`.includes(name))
    if (!target) throw new Error(`The inspector knows no ${name}`)
    return connect(target)
  }
  return [
    { where: 'Worker', inspector: await open('worker') },
    { where: 'Durable Object', inspector: await open('objects') },
  ] as const
}
