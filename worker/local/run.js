// Runs one of the commands beside it: `node worker/local/run.js dev`. Plain JavaScript, so that a Node which cannot read
// TypeScript still gets to say so.
const [name, ...args] = process.argv.slice(2)

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `This needs Node 24 or newer and found ${process.versions.node}. ` +
      'Start it through pnpm, which brings its own Node: npx -y pnpm@12 ' +
      `${name}. (No such Node comes for ${process.platform} on ${process.arch}? Then install Node 24 or newer.)`,
  )
  process.exit(1)
}

const { trouble } = await import('./commands/trouble.ts')
let code = 1
try {
  const { run } = await import(`./commands/${name}.ts`)
  code = await run(args)
} catch (error) {
  console.error(trouble(error))
}
// What is still under way, such as a half-finished start, must not hold the command.
process.exit(code)
