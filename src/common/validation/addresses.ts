import ipaddr from 'ipaddr.js';

/**
 * The canonical form of a strict IPv4 or IPv6 address, as Postgres prints it; null for everything else: short forms
 * (`10.1`), leading zeros, hexadecimal, zone ids, blanks, IPv4 inside IPv6.
 */
export function parseAddress(text: string): string | null {
  if (text.length > 45) return null;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return text.split('.').some((part) => part.length > 1 && part.startsWith('0')) ? null : text;
  }
  if (!/^[0-9a-fA-F:]+$/.test(text) || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? null : address.toRFC5952String();
}

/** `10.0.0.1:80`, `[fd00::1]:80` or `files.example.com:80`, checked and in its shortest form; null when it is none. */
export function parseEndpoint(text: string): string | null {
  const match = /^(?:\[([^\]]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  if (!match) return null;
  const [, bracketed, plain, portText] = match;
  const port = Number(portText);
  if (port < 1 || port > 65535) return null;
  if (bracketed !== undefined) {
    const address = parseAddress(bracketed);
    return address?.includes(':') ? `[${address}]:${port}` : null;
  }
  const host = parseAddress(plain!) ?? (isHostName(plain!) ? plain!.toLowerCase() : null);
  return host && `${host}:${port}`;
}

/** @see RFC 1123, 2.1. A name whose last label is a number would be read as an address by some resolvers. */
function isHostName(text: string): boolean {
  const labels = text.split('.');
  return (
    text.length <= 253 &&
    labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)) &&
    !/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1)!)
  );
}
