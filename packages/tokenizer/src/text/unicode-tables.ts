// Written by scripts/unicode-masks.ts from Python tokenizers 0.23.3; do not edit.
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
// biome-ignore-all lint/suspicious/noMisleadingCharacterClass: marks are looked for one by one

/** Removed by clean_text: NUL, U+FFFD, control, format and private-use characters but tab, LF and CR. */
export const CONTROL: RegExp =
  /^(?![\u0009-\u000a\u000d\u0710-\u180d\u{110be}-\u{1bc9f}])[\p{Cc}\p{Cf}\p{Co}\ufffd]/u

/** Split off by BertPreTokenizer: ASCII punctuation and symbols, and the categories P*. */
export const PUNCTUATION: RegExp =
  /^(?![\u061c-\u061d\u0971-\u0aef\u0af1-\u0df3\u1aae-\u1b59\u1b61-\u1bfb\u2e43-\u3000\u{10b9d}-\u{11046}\u{112aa}-\u{114c5}\u{11644}-\u{1173b}\u{1173f}-\u{1246f}\u{12475}-\u{16a6d}\u{16b45}-\u{1bc9e}\u{1da8c}-\u{10ffff}])[\p{P}$+<=>^\x60|~\u166d\u{111c9}]/u

/** Category Mn, the marks that strip_accents removes; characters that NFD takes apart do not count. */
export const NON_SPACING: RegExp =
  /^(?![\u07f4-\u0815\u085c-\u08e2\u09e4-\u0a00\u0ae4-\u0b00\u0b4e-\u0b55\u0c01-\u0c3d\u0ce4-\u0d00\u0d02-\u0d40\u0d64-\u0dc9\u0eba\u0ece-\u0f17\u180e-\u18a8\u1abe-\u1aff\u1df6-\u1dfb\ua827-\ua8c3\ua8c5-\ua8df\ua8f2-\ua925\ua9bd-\ua9e4\u{10ae7}-\u{11000}\u{11047}-\u{1107e}\u{110bb}-\u{110ff}\u{111bf}-\u{111c9}\u{111cd}-\u{1122e}\u{11238}-\u{112de}\u{11302}-\u{1133b}\u{11375}-\u{114b2}\u{1172c}-\u{16aef}\u{16b37}-\u{16f8e}\u{16f93}-\u{1bc9c}\u{1bc9f}-\u{1d166}\u{1dab0}-\u{1e8cf}\u{1e8d7}-\u{e00ff}])[\p{Mn}\u1734\u{1171e}]/u

/** Categories M*, removed by the normalizer StripAccents. */
export const MARK: RegExp =
  /^(?![\u07f4-\u0815\u085c-\u08d3\u09e4-\u0a00\u0ae4-\u0b00\u0b4e-\u0b55\u0c04-\u0c3d\u0ce4-\u0d00\u0d04-\u0d3d\u0d64-\u0d81\u0eba\u0ece-\u0f17\u1715-\u1731\u180e-\u1884\u1abf-\u1aff\u1cf5-\u1cf7\u1df6-\u1dfa\ua828-\ua87f\ua8f2-\ua925\u{10ae7}-\u{10fff}\u{11047}-\u{1107e}\u{110bb}-\u{110ff}\u{11135}-\u{11172}\u{111c1}-\u{111c9}\u{111cd}-\u{1122b}\u{1123f}-\u{112de}\u{11304}-\u{1133b}\u{11375}-\u{11434}\u{11447}-\u{114af}\u{1172c}-\u{11c2e}\u{11cb7}-\u{16aef}\u{16b37}-\u{16f50}\u{16f7f}-\u{16f8e}\u{16f93}-\u{1bc9c}\u{1bc9f}-\u{1d164}\u{1e02b}-\u{1e8cf}])[\p{M}\u1cf2\u1cf3]/u

/** The CJK ideograph blocks that handle_chinese_chars sets apart. */
export const CHINESE: RegExp =
  /^[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u

/** Characters that stay when accents are stripped, but trade places with marks beside them before. */
export const SPACING_COMBINING: RegExp =
  /^[\u08d4-\u08e1\u1b44\u1baa\u1bf2-\u1bf3\u1dfb\u302e-\u302f\ua953\ua9c0\u{111c0}\u{11235}\u{1134d}\u{11442}\u{11446}\u{116b6}\u{11c3f}\u{1d15e}-\u{1d166}\u{1d16d}-\u{1d172}\u{1d1bb}-\u{1d1c0}\u{1e000}-\u{1e006}\u{1e008}-\u{1e018}\u{1e01b}-\u{1e021}\u{1e023}-\u{1e024}\u{1e026}-\u{1e02a}\u{1e944}-\u{1e94a}]/u

/** Code points above U+FFFF that NFD takes apart; later Unicode versions know more. */
export const ASTRAL_DECOMPOSING: RegExp =
  /^[\u{1109a}\u{1109c}\u{110ab}\u{1112e}-\u{1112f}\u{1134b}-\u{1134c}\u{114bb}-\u{114bc}\u{114be}\u{115ba}-\u{115bb}\u{1d15e}-\u{1d164}\u{1d1bb}-\u{1d1c0}\u{2f800}-\u{2fa1d}]/u
