import { newId } from '@macro-ai/shared'
import { hear, signIn } from '../client.ts'
import { residentMb } from '../cpu.ts'
import { slope, type Part } from '../figures.ts'
import { startOurs, type Stage } from '../stage.ts'

const turns = Number(process.env['TURNS'] ?? 10_000)
const atOnce = 8
/** Enough conversations that none is asked twice at once, few enough that a leak in one would show. */
const conversations = 80
const every = 500

/** Whether anything is left behind by a turn: memory of workerd over ten thousand of them. */
export const memory = async (stage: Stage): Promise<Part> => {
  const { url, pid, stop } = await startOurs(stage.variables)
  try {
    let person = await signIn(url)
    const ids = Array.from({ length: conversations }, () => newId())
    const seen: { turns: number; mb: number }[] = []
    for (let done = 0; done < turns; done += atOnce) {
      if (done % every === 0) {
        person = await signIn(url) // Its token lives for minutes.
        seen.push({ turns: done, mb: residentMb(pid) })
      }
      await Promise.all(
        Array.from({ length: atOnce }, (_, place) =>
          hear(
            person.turn('Say 20 tokens at once', { conversationId: ids[(done + place) % conversations] ?? newId() }),
          ),
        ),
      )
    }
    seen.push({ turns, mb: residentMb(pid) })
    const late = seen.slice(Math.floor(seen.length / 2))
    const kbATurn =
      1024 *
      slope(
        late.map((at) => at.turns),
        late.map(({ mb }) => mb),
      )
    const at = (share: number) => seen[Math.round((seen.length - 1) * share)]?.mb ?? NaN
    return {
      title: 'Memory over ten thousand turns',
      how: `Resident memory of workerd over ${turns} turns of 20 tokens in ${conversations} conversations, ${atOnce} at once; the slope is that of the second half.`,
      head: ['after turns', 'memory, MB'],
      rows: [
        ...[0, 0.25, 0.5, 0.75, 1].map((share) => [String(turns * share), at(share).toFixed(0)]),
        ['slope of the second half, kB a turn', kbATurn.toFixed(2)],
      ],
      bounds: [{ what: 'memory after all / after half of the turns', value: at(1) / at(0.5), atMost: 1.15 }],
    }
  } finally {
    await stop()
  }
}
