import { Hono } from 'hono'
import type { Counters } from './counters.ts'
import { FaultOrder, type Faults } from './faults.ts'

/** The control address of API.md "Local addresses": tests order faults and count calls here. */
export const control = (faults: Faults, counters: Counters) =>
  new Hono()
    .get('/', (c) =>
      c.json({
        name: 'Macro AI embedded platform',
        database: '/sql',
        cache: '/upstash',
        identity: '/cognito',
        model: '/openai/v1',
        control: ['POST /faults', 'DELETE /faults', 'GET /counters', 'DELETE /counters'],
      }),
    )
    .post('/faults', async (c) => {
      const order = FaultOrder.safeParse(await c.req.json().catch(() => undefined))
      if (!order.success)
        return c.json(
          {
            error: 'not a fault',
            errors: order.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
          },
          422,
        )
      faults.add(order.data)
      return c.body(null, 204)
    })
    .delete('/faults', (c) => {
      faults.clear()
      return c.body(null, 204)
    })
    .get('/counters', (c) => c.json(counters.report()))
    .delete('/counters', (c) => {
      counters.clear()
      return c.body(null, 204)
    })
