/** The languages that people read answers in; codes, keys and enum values are never translated. */
export const LOCALES = ['zh-CN', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** A sentence for people in every language we speak, kept together so that none can be forgotten. */
export class Text {
  constructor(
    readonly zh: string,
    readonly en: string,
  ) {}

  /** The same words in every language: output of a program, a name, a number. */
  static verbatim(words: string): Text {
    return new Text(words, words);
  }

  /** Rebuilds a text that was stored as JSON; null when it is none. */
  static fromJson(value: { zh: string; en: string } | null | undefined): Text | null {
    return value ? new Text(value.zh, value.en) : null;
  }

  in(locale: Locale): string {
    return locale === 'en' ? this.en : this.zh;
  }
}

/**
 * Picks the language of an answer from an `Accept-Language` header by its quality values.
 * @see RFC 9110, 12.5.4
 */
export function negotiateLocale(header: string | undefined, fallback: Locale): Locale {
  if (!header) return fallback;
  const wanted = header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters.map((p) => p.trim()).find((p) => p.startsWith('q='));
      return { tag: tag.trim(), quality: quality ? Number(quality.slice(2)) : 1 };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of wanted) {
    if (tag === 'zh' || tag.startsWith('zh-')) return 'zh-CN';
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
  }
  return fallback;
}
