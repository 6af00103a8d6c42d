/** Unicode's scripts as of version 13. */
const NAMES =
  `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic
Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran
Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana
Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian
Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi
Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese
Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta
Ugaritic Vai Wancho Warang_Citi Yezidi Yi Zanabazar_Square`.split(/\s/)

/** Stands for a character that belongs to any script. */
export const ANY_SCRIPT = 'Any'

let patterns: [name: string, pattern: RegExp][] | undefined
const known: Map<string, string> = new Map([
  [' ', ANY_SCRIPT],
  // The sign that prolongs a vowel.
  ['ー', 'Han'],
  // As in the Rust library's version of Unicode.
  ['\u0953', 'Devanagari'],
  ['\u0954', 'Devanagari'],
  ['\u0589', 'Common'],
])

/** Script of a character as SentencePiece tells them apart: kana count as Han, and a blank belongs to any script. */
export function scriptOf(character: string): string {
  let script = known.get(character)
  if (script === undefined) {
    patterns ??= NAMES.map(name => [name, new RegExp(`\\p{Script=${name}}`, 'u')])
    const name = patterns.find(([, pattern]) => pattern.test(character))?.[0] ?? ANY_SCRIPT
    script = name === 'Hiragana' || name === 'Katakana' ? 'Han' : name
    known.set(character, script)
  }
  return script
}
