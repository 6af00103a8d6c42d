/** What every injection does where it runs. */
export const injectedCode = 'window.ran=(window.ran||0)+1'

/** Texts that run code in a page that inserts one of them as markup, in an attribute, a script or a style. */
export const injections: readonly string[] = [
  `<script>${injectedCode}</script>`,
  `<img src=x onerror="${injectedCode}">`,
  `<svg onload="${injectedCode}">`,
  `"><script>${injectedCode}</script>`,
  `'><img src=x onerror='${injectedCode}'>`,
  `" onmouseover="${injectedCode}" autofocus onfocus="${injectedCode}`,
  `</script><script>${injectedCode}</script>`,
  `</style><script>${injectedCode}</script>`,
  `</title><script>${injectedCode}</script>`,
  `</textarea><script>${injectedCode}</script>`,
  `--><script>${injectedCode}</script>`,
  `<iframe srcdoc="<script>parent.ran=1</script>">`,
  `<a href="javascript:${injectedCode}">x</a>`,
  `<details open ontoggle="${injectedCode}">`,
  `<style>@import 'https://example.com/x.css'</style><base href="https://example.com/">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${injectedCode}">`,
  `\u0000<\u0000script>${injectedCode}</script>&lt;script&gt;\u2028`,
]
