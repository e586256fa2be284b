/**
 * Orders versions as people mean them: numbers by value, part by part; a release after its own pre-releases. What follows a `+`
 * only decides between versions that are otherwise equal.
 * @see https://semver.org section 11; parts may be more or fewer than three
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return (
    compareParts(left.main, right.main) ||
    comparePreReleases(left.pre, right.pre) ||
    compareParts(left.build, right.build) ||
    compareText(a, b)
  );
}

function split(version: string): { main: string[]; pre: string[]; build: string[] } {
  const [withoutBuild = '', build = ''] = cut(version.replace(/^v(?=\d)/, ''), '+');
  const [main, pre] = cut(withoutBuild, '-');
  return { main: parts(main), pre: parts(pre), build: parts(build) };
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function parts(text: string): string[] {
  return text === '' ? [] : text.split('.');
}

/** Having no pre-release is later than having any. */
function comparePreReleases(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  return compareParts(a, b);
}

function compareParts(a: string[], b: string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = comparePart(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Absent before numbers before words. */
function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return compareNumbers(a, b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return compareText(a, b);
}

/** By length first: a build number may be longer than what a number holds exactly. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length === right.length ? compareText(left, right) : Math.sign(left.length - right.length);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
