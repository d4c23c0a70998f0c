/** Headers of every answer, files and prerendered pages too. A page's own CSP comes on top of this one. */
export const securityHeaders = {
  'content-security-policy': "frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()',
  // Not no-referrer: forms would then post with `Origin: null`, which looks like a forged request.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** The frame that draws diagrams: our own pages may hold it, and it is in a sandbox wherever it is opened. */
export const frameAddress = '/diagram.html'
export const frameHeaders = {
  ...securityHeaders,
  'content-security-policy': "frame-ancestors 'self'; sandbox allow-scripts",
  'x-frame-options': 'SAMEORIGIN',
}

/** Sent over https only. */
export const httpsOnlyHeaders = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }
