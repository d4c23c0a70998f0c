const signs: Readonly<Record<string, string>> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ε',
  varepsilon: 'ε',
  zeta: 'ζ',
  eta: 'η',
  theta: 'θ',
  kappa: 'κ',
  lambda: 'λ',
  mu: 'μ',
  nu: 'ν',
  xi: 'ξ',
  pi: 'π',
  rho: 'ρ',
  sigma: 'σ',
  tau: 'τ',
  phi: 'φ',
  varphi: 'φ',
  chi: 'χ',
  psi: 'ψ',
  omega: 'ω',
  Gamma: 'Γ',
  Delta: 'Δ',
  Theta: 'Θ',
  Lambda: 'Λ',
  Pi: 'Π',
  Sigma: 'Σ',
  Phi: 'Φ',
  Psi: 'Ψ',
  Omega: 'Ω',
  cdot: '·',
  times: '×',
  div: '÷',
  pm: '±',
  le: '≤',
  leq: '≤',
  ge: '≥',
  geq: '≥',
  ne: '≠',
  neq: '≠',
  approx: '≈',
  equiv: '≡',
  propto: '∝',
  infty: '∞',
  sum: '∑',
  prod: '∏',
  int: '∫',
  partial: '∂',
  nabla: '∇',
  to: '→',
  rightarrow: '→',
  Rightarrow: '⇒',
  implies: '⇒',
  iff: '⇔',
  in: '∈',
  notin: '∉',
  subset: '⊂',
  cup: '∪',
  cap: '∩',
  forall: '∀',
  exists: '∃',
  sqrt: '√',
  dots: '…',
  ldots: '…',
  cdots: '…',
  circ: '∘',
}

/** What says how a formula looks, and not what it says. */
const looks =
  /\\(?:(?:begin|end)\{[^{}]*\}|(?:left|right|[bB]igg?[lr]?|displaystyle|limits|text|math[a-z]+|operatorname|boldsymbol|hat|bar|vec|overline|boxed|q?quad)(?![A-Za-z]))/g

const raised = (digits: string) => Array.from(digits, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')

/** A sum over or under a stroke, or a root of one, needs what holds it together. */
const held = (part: string) => (/[\s+-]/.test(part.trim()) ? `(${part.trim()})` : part.trim())

/** A formula in TeX as it could be written on one line: fractions, roots, powers and the commonest signs. */
export const plainFormula = (tex: string): string =>
  tex
    .replace(looks, '')
    // A line ends.
    .replace(/\\\\/g, ' ')
    .replace(/\\sqrt\s*\{([^{}]*)\}/g, (_, of: string) => `√${held(of)}`)
    .replace(
      /\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g,
      (_, over: string, under: string) => `${held(over)}/${held(under)}`,
    )
    .replace(/\^(?:\{\s*\\circ\s*\}|\\circ(?![A-Za-z]))/g, '°')
    .replace(/\^(?:\{(\d+)\}|(\d))/g, (_, many?: string, one?: string) => raised(many ?? one ?? ''))
    .replace(/\\([A-Za-z]+)(?=(\\[A-Za-z])?)/g, (_, name: string, next?: string) =>
      Object.hasOwn(signs, name) ? (signs[name] ?? '') : name + (next ? ' ' : ''),
    )
    .replace(/[{}]/g, '')
    .replace(/\\[,;:!\\ ]|&/g, ' ')
    .replace(/\\([$%#_|])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
